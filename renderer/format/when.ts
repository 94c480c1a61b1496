/** When something was opened, in the words a person would use. Pure: the present is an argument. */
const DAY = 86_400_000;

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** `Today, 09:58` · `Tuesday, 09:12` · `12 Nov` · `12 Nov 2025`; both arguments are epoch milliseconds. */
export function whenText(then: number, now: number): string {
  const start = new Date(now).setHours(0, 0, 0, 0);
  if (then >= start) return `Today, ${time.format(then)}`;
  if (then >= start - DAY) return `Yesterday, ${time.format(then)}`;
  if (then >= start - 6 * DAY) return `${weekday.format(then)}, ${time.format(then)}`;
  return new Date(then).getFullYear() === new Date(now).getFullYear() ? day.format(then) : dayOfYear.format(then);
}
