import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the bundled samples. */
export function samplesFolder(): string {
  return fileURLToPath(new URL('../../traces', import.meta.url));
}

/** The version in package.json. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string')
    return parsed.version;
  throw new Error('package.json has no version');
}
