/** Which palette items match a text, best first, and which characters matched. Pure; the matching is uFuzzy's. */
import uFuzzy from '@leeoniya/ufuzzy';

export interface Part {
  readonly text: string;
  readonly hit: boolean;
}
export interface Ranked<T> {
  readonly item: T;
  readonly parts: readonly Part[];
}
export interface Rankable {
  readonly title: string;
  readonly group: string;
  /** Shown although nothing was typed. */
  readonly always: boolean;
}

const PREFIXES: Readonly<Record<string, string>> = { '@': 'Registers', '>': 'Commands', '#': 'Go to' };
const MOST_PER_GROUP = 12;
/** Letters may be left out within a word: `vmcr` finds ICH_VMCR_EL2, `perio` finds Priority. */
const matcher = new uFuzzy({ intraMode: 1, intraIns: 1, interLft: 0 });

export function rank<T extends Rankable>(text: string, items: readonly T[]): Ranked<T>[] {
  const group = PREFIXES[text.charAt(0)];
  const needle = (group === undefined ? text : text.slice(1)).trim();
  const among = group === undefined ? items : items.filter((item) => item.group === group);
  if (needle === '') {
    const shown = group === undefined ? among.filter(({ always }) => always) : among;
    return limited(shown.map((item) => ({ item, parts: [{ text: item.title, hit: false }] })));
  }
  const titles = among.map(({ title }) => title);
  const [indexes, info, order] = matcher.search(titles, needle, 1);
  if (indexes === null || indexes === undefined) return [];
  const ranked = (order ?? indexes.map((_, at) => at)).flatMap((at) => {
    const index = order === null || order === undefined ? indexes[at] : info?.idx[at];
    const item = index === undefined ? undefined : among[index];
    if (item === undefined) return [];
    return [{ item, parts: cut(item.title, info?.ranges[at] ?? []) }];
  });
  return limited(ranked);
}

function cut(title: string, ranges: readonly number[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (let index = 0; index + 1 < ranges.length; index += 2) {
    const from = ranges[index] ?? 0;
    const to = ranges[index + 1] ?? 0;
    if (from > at) parts.push({ text: title.slice(at, from), hit: false });
    parts.push({ text: title.slice(from, to), hit: true });
    at = to;
  }
  if (at < title.length) parts.push({ text: title.slice(at), hit: false });
  return parts;
}

function limited<T extends Rankable>(ranked: readonly Ranked<T>[]): Ranked<T>[] {
  const seen = new Map<string, number>();
  return ranked.filter(({ item }) => {
    const count = (seen.get(item.group) ?? 0) + 1;
    seen.set(item.group, count);
    return count <= MOST_PER_GROUP;
  });
}
