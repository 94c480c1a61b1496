/**
 * The window's pages come from `gicscope://app/`, a scheme of our own: unlike `file:` it has an origin, headers, and
 * reaches nothing but the built window.
 */
import { readFile } from 'node:fs/promises';
import { pageHeaders } from '../page-policy.ts';
import { findStaticFile } from '../static-files.ts';

export const SCHEME = 'gicscope';
const HOST = 'app';

/** The page, opening a trace if one is given. */
export function pageUrl(trace?: string): string {
  const query = trace === undefined ? '' : `?${new URLSearchParams({ open: trace }).toString()}`;
  return `${SCHEME}://${HOST}/${query}`;
}

/** Whether a URL is one of our pages: what they may do is given to nothing else. */
export function isOurPage(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed?.protocol === `${SCHEME}:` && parsed.host === HOST;
}

/** Answers a request of a page. */
export async function servePage(folder: string, request: Request): Promise<Response> {
  const headers = pageHeaders();
  const refuse = (status: number): Response => new Response(null, { status, headers });
  if (request.method !== 'GET' || !isOurPage(request.url)) return refuse(403);
  const file = await findStaticFile(folder, new URL(request.url).pathname);
  if (file === undefined) return refuse(404);
  const body = new Uint8Array(await readFile(file.path));
  return new Response(body, { headers: { ...headers, 'Content-Type': file.type, 'Cache-Control': 'no-store' } });
}
