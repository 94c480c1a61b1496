/** Values that outlive the window, in the browser's own storage. A damaged or foreign entry counts as absent. */
import { type Ref, ref, watch } from 'vue';

const PREFIX = 'gicscope.';

export function remembered<T extends string | number | boolean>(name: string, initial: T): Ref<T> {
  const value = ref(recall(name, initial)) as Ref<T>;
  watch(value, (now) => keep(name, now));
  return value;
}

export function recall<T extends string | number | boolean>(name: string, initial: T): T {
  const parsed = parse(read(PREFIX + name));
  // Same type as the default: a stored value is only ever written by `keep`.
  return typeof parsed === typeof initial ? (parsed as T) : initial;
}

export function keep(name: string, value: string | number | boolean): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage may be off or full; the value then lasts as long as the window.
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function parse(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
