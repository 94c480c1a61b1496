/**
 * Files of the built window, found by URL path. Nothing outside the folder can be reached: a path with `..`, a backslash,
 * NUL or a bad escape names nothing, and what is found must really lie inside, symbolic links followed.
 */
import { realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

export interface StaticFile {
  readonly path: string;
  readonly type: string;
  readonly bytes: number;
  /** The name carries a hash of the content, so it may be kept for ever. */
  readonly immutable: boolean;
}

/** `urlPath`: the path of a URL, still escaped, beginning with `/`. */
export async function findStaticFile(folder: string, urlPath: string): Promise<StaticFile | undefined> {
  const parts = partsOf(urlPath === '/' ? '/index.html' : urlPath);
  if (parts === undefined) return undefined;
  const type = TYPES[extname(parts.at(-1) ?? '')];
  if (type === undefined) return undefined;
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, ...parts));
    const found = await stat(path);
    if (!path.startsWith(root + sep) || !found.isFile()) return undefined;
    return { path, type, bytes: found.size, immutable: parts[0] === 'assets' };
  } catch {
    // Absent, unreadable, or a name that the system does not take: there is no such file for the page.
    return undefined;
  }
}

function partsOf(urlPath: string): string[] | undefined {
  let plain: string;
  try {
    plain = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  if (!plain.startsWith('/') || /[\0\\:]/.test(plain)) return undefined;
  const parts = plain.slice(1).split('/');
  return parts.every((part) => part !== '' && !part.startsWith('.')) ? parts : undefined;
}
