/**
 * Chromium does not let a page live on a scheme that it does not know, so inside of it `gicscope://app/x` is called
 * `https://app.gicscope.run123.invalid/x`. The main process never sees that.
 */
// Instances share a Chromium: each has an origin of its own, and with it storage of its own.
const ENDING = `.run${process.pid}.invalid`;

export function inside(url: string): string {
  const match = /^([a-z][a-z0-9+-]*):\/\/([^/]+)(.*)$/.exec(url);
  if (match === null || match[1] === 'http' || match[1] === 'https') return url;
  return `https://${match[2]}.${match[1]}${ENDING}${match[3]}`;
}

export function outside(url: string): string {
  const match = /^https:\/\/([^/.]+)\.([^/.]+)(\.run\d+\.invalid)(.*)$/.exec(url);
  return match?.[3] === ENDING ? `${match[2]}://${match[1]}${match[4]}` : url;
}
