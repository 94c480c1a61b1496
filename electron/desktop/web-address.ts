/** The address if it is https without a user name in it, which would disguise where it goes. */
export function webAddress(url: string): string | undefined {
  const parsed = URL.parse(url);
  const harmless = parsed?.protocol === 'https:' && parsed.username === '' && parsed.password === '';
  return harmless ? parsed.href : undefined;
}
