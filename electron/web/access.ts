/**
 * Who may talk to the browser host. Everything on the machine, and every page in the person's browser, can reach its port,
 * so each request must show three things:
 * - a `Host` that is ours, or a page that had its name pointed at 127.0.0.1 could read answers (DNS rebinding);
 * - the cookie, which only the first URL with its token gives, or other people on the machine could read traces;
 * - for anything that acts (the WebSocket, uploads) an `Origin` that is ours, or other pages could use the cookie.
 * The cookie's name carries the port, because browsers share cookies between ports and two hosts may run.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Access {
  /** 24 random bytes in the first URL. */
  readonly token: string;
  /** A token that works once: for a URL that others on the machine can see for a moment, as an argument of a program. */
  invite(): string;
  /** Whether this is the token, or an invitation that was not used yet. */
  accepts(text: string | null): boolean;
  hasOurHost(headers: IncomingHttpHeaders): boolean;
  hasOurOrigin(headers: IncomingHttpHeaders): boolean;
  hasCookie(headers: IncomingHttpHeaders): boolean;
  /** Value of `Set-Cookie` that gives access. */
  cookie(): string;
}

export function createAccess(port: number): Access {
  const token = randomBytes(24).toString('base64url');
  // Not the token itself: who sees the cookie cannot make a URL of it.
  const pass = randomBytes(24).toString('base64url');
  const name = `gicscope-${port}`;
  const invitations = new Set<string>();
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);

  return {
    token,
    invite() {
      const once = randomBytes(24).toString('base64url');
      invitations.add(once);
      return once;
    },
    accepts(text) {
      if (text === null) return false;
      const invited = [...invitations].find((once) => sameText(text, once));
      if (invited === undefined) return sameText(text, token);
      return invitations.delete(invited);
    },
    hasOurHost: ({ host }) => host !== undefined && hosts.has(host),
    hasOurOrigin: ({ origin, host }) => host !== undefined && hosts.has(host) && origin === `http://${host}`,
    hasCookie: ({ cookie }) =>
      (cookie ?? '')
        .split(';')
        .map((pair) => pair.trim())
        .some((pair) => pair.startsWith(`${name}=`) && sameText(pair.slice(name.length + 1), pass)),
    cookie: () => `${name}=${pass}; Path=/; HttpOnly; SameSite=Strict`,
  };
}

/** Takes the same time wherever the texts differ, and whatever their lengths. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
