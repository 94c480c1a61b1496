/** `npm run associate [-- --remove]`: the file manager of a Linux desktop opens `.gscope` files with this checkout. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DESKTOP_ENTRY, MIME_TYPE, associationFiles, dataHome } from './file-association.ts';
import { findNode, root } from './find-node.mjs';

const USAGE = 'usage: npm run associate [-- --remove]';

function associate(argv: readonly string[]): number {
  const remove = argv[0] === '--remove';
  if (argv.length > (remove ? 1 : 0)) {
    console.error(USAGE);
    return 2;
  }
  if (process.platform !== 'linux') {
    console.error(
      'gicscope: this sets up Linux desktops. Elsewhere choose gicscope in the file manager, under "Open with".',
    );
    return 1;
  }
  const folder = dataHome(process.env, homedir());
  for (const { path, text } of associationFiles(folder, [findNode(), join(root, 'scripts', 'gicscope.mjs'), 'open'])) {
    if (remove) rmSync(path, { force: true });
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    console.log(`${remove ? 'removed' : 'wrote'} ${path}`);
  }
  update('update-mime-database', join(folder, 'mime'));
  update('update-desktop-database', join(folder, 'applications'));
  if (!remove) update('xdg-mime', 'default', DESKTOP_ENTRY, MIME_TYPE);
  return 0;
}

/** Desktops without the tool read the files themselves, some only at the next login. */
function update(tool: string, ...args: readonly string[]): void {
  const { error, status } = spawnSync(tool, args, { stdio: 'ignore' });
  if (error !== undefined) console.log(`${tool} is not installed; the desktop may notice at the next login`);
  else if (status !== 0) console.log(`${tool} ${args.join(' ')} ended with ${status}`);
}

process.exitCode = associate(process.argv.slice(2));
