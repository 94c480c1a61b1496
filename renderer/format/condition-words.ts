/**
 * A condition in words: `ppi(27).pending rises on vcpu 1` reads "**PPI 27** pending rises on **vCPU 1**". The text is
 * only re-spelled, never interpreted: what is not recognised stays as it was written. Pure.
 */
export interface Word {
  readonly text: string;
  readonly strong: boolean;
}

interface Spelling {
  readonly pattern: RegExp;
  readonly words: (match: RegExpExecArray) => readonly Word[];
}

const strong = (text: string): Word => ({ text, strong: true });
const plain = (text: string): Word => ({ text, strong: false });

/** Tried in order at each place. */
const SPELLINGS: readonly Spelling[] = [
  {
    pattern: /\b(ppi|spi|lpi|sgi)\((\d+)\)(?:\.(\w+))?/iy,
    words: ([, type = '', number = '', field]) => [
      strong(`${type.toUpperCase()} ${number}`),
      ...(field === undefined ? [] : [plain(` ${field}`)]),
    ],
  },
  {
    pattern: /\bchanged\(([\w.]+)\)/iy,
    words: ([, path = '']) => [...slot(path), plain(' changes')],
  },
  { pattern: /\bvcpu(?:\s+|\()(\d+)\)?/iy, words: ([, number = '']) => [strong(`vCPU ${number}`)] },
  { pattern: /\bvcpu\s*==\s*(\d+)/iy, words: ([, number = '']) => [plain('on '), strong(`vCPU ${number}`)] },
  { pattern: /\bkind\s*==\s*([\w.]+)/iy, words: ([, kind = '']) => [strong(kind)] },
  { pattern: /\bvcpu\d+\.[\w.]+/iy, words: ([path]) => slot(path) },
  { pattern: /\b(?:read|write|access|execute)\b/iy, words: ([verb]) => [plain(verb)] },
  { pattern: /\b(?:ICC|ICH|ICV|IRS|GICD|GICR|GITS|CNT|GIC)\w*(?:\.\w+)?/y, words: ([name]) => [strong(name)] },
];

/** `vcpu1.ICC_PCR_EL1.PRIORITY` → **ICC_PCR_EL1.PRIORITY** on **vCPU 1**. */
function slot(path: string): readonly Word[] {
  const match = /^vcpu(\d+)\.(.+)$/i.exec(path);
  return match === null ? [strong(path)] : [strong(match[2] ?? ''), plain(' on '), strong(`vCPU ${match[1] ?? ''}`)];
}

export function conditionWords(condition: string): Word[] {
  const words: Word[] = [];
  const push = (word: Word): void => {
    const last = words.at(-1);
    if (last !== undefined && last.strong === word.strong) {
      words[words.length - 1] = { text: last.text + word.text, strong: word.strong };
    } else words.push(word);
  };
  let at = 0;
  while (at < condition.length) {
    const found = spelling(condition, at);
    if (found === undefined) push(plain(condition[at++] ?? ''));
    else {
      found.words.forEach(push);
      at += found.length;
    }
  }
  return words;
}

function spelling(text: string, at: number): { readonly words: readonly Word[]; readonly length: number } | undefined {
  for (const { pattern, words } of SPELLINGS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { words: words(match), length: match[0].length };
  }
  return undefined;
}
