/**
 * Where things lie: the installed application, and what belongs to the person. The same for every shell, so that a trace
 * opened in the window is among the recent ones in the browser.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Places {
  /** Holds package.json, `out/` and `traces/`. */
  readonly root: string;
  readonly version: string;
  readonly samples: string;
  readonly renderer: string;
  /** Remembers recent traces. */
  readonly stateFile: string;
  /** Imports and dropped files go here. */
  readonly imports: string;
}

/** `from`: URL of a module of the application, built or not. `GICSCOPE_HOME` puts what is the person's in one folder. */
export function findPlaces(
  from: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): Places {
  const root = findRoot(dirname(fileURLToPath(from)));
  const { config, data } = personalFolders(env, platform, home);
  return {
    root,
    version: versionOf(root),
    samples: join(root, 'traces'),
    renderer: join(root, 'out', 'renderer'),
    stateFile: join(config, 'state.json'),
    imports: join(data, 'traces'),
  };
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) throw new Error(`no package.json above ${start}: gicscope is not fully installed`);
  }
}

function versionOf(root: string): string {
  const file: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version: unknown = typeof file === 'object' && file !== null ? Reflect.get(file, 'version') : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

function personalFolders(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): { config: string; data: string } {
  const own = env['GICSCOPE_HOME'];
  if (own !== undefined && own !== '') return { config: own, data: own };
  if (platform === 'win32') {
    const config = env['APPDATA'] ?? join(home, 'AppData', 'Roaming');
    const data = env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
    return { config: join(config, 'gicscope'), data: join(data, 'gicscope') };
  }
  if (platform === 'darwin') {
    const both = join(home, 'Library', 'Application Support', 'gicscope');
    return { config: both, data: both };
  }
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  const data = env['XDG_DATA_HOME'] || join(home, '.local', 'share');
  return { config: join(config, 'gicscope'), data: join(data, 'gicscope') };
}
