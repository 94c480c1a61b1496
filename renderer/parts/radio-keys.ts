/** Arrow keys among the radio buttons of a group: the next one is chosen and has the focus, as in any form. */
const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Which of `count` buttons a key leads to from the one at `index`; around at either end; undefined: the key is none of these. */
export function radioAfter(key: string, index: number, count: number): number | undefined {
  const step = STEPS[key];
  if (step !== undefined) return (index + step + count) % count;
  return key === 'Home' ? 0 : key === 'End' ? count - 1 : undefined;
}

/** For `keydown` on a group. */
export function radioKey(event: KeyboardEvent): void {
  if (!(event.currentTarget instanceof HTMLElement) || event.ctrlKey || event.altKey || event.metaKey) return;
  const radios = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=radio]')];
  const next = radioAfter(
    event.key,
    radios.findIndex((radio) => radio === event.target),
    radios.length,
  );
  if (next === undefined) return;
  event.preventDefault();
  radios[next]?.focus();
  radios[next]?.click();
}
