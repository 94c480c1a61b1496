/**
 * Whether text is that of an ftrace tracer or report, or of perf script (trace-import-formats §1.6): by its first line,
 * and by the share of events among the first lines that do not belong to the text all the same.
 */
import { type Format, sure } from '../format.ts';
import { LineSplitter } from '../source/lines.ts';
import { isAside, isFirstLine, LOST, reasonFor } from './line-reasons.ts';
import { newTextLine, ornamentOf, readTextLine } from './text-line.ts';

const LOOKED_AT = 400;
/** So many lines behind a header of which none is an event speak against it: options can leave nothing of an event. */
const ENOUGH_OTHERS = 4;

interface Share {
  /** Events among the lines looked at. */
  readonly known: number;
  readonly looked: number;
  readonly first: string;
  /** Lines of perf's own records. */
  readonly records: number;
}

function shareOf(head: Uint8Array, isPerf: boolean): Share {
  let looked = 0;
  let known = 0;
  let records = 0;
  let first = '';
  const line = newTextLine();
  const lines = new LineSplitter({
    onLine: (_line, page, start, end) => {
      const text = page.text(start, end);
      if (text.trim() === '' || looked === LOOKED_AT) return;
      if (first === '') first = text;
      const isEvent = readTextLine(text, line);
      const plain = text.slice(ornamentOf(text));
      if (!isEvent && reasonFor(plain).startsWith('record of perf')) records++;
      if (!isEvent && (LOST.test(plain) || isAside(plain))) return;
      looked++;
      if (isEvent && line.isPerf === isPerf) known++;
    },
    onLong: () => {
      looked++;
    },
  });
  lines.push(head);
  if (lines.count === 0) lines.end();
  return { known, looked, first, records };
}

/** @param isPerf of perf script, and not of ftrace */
export const detecting =
  (isPerf: boolean): Format['detect'] =>
  (head) => {
    const { known, looked, first, records } = shareOf(head, isPerf);
    const isHeader = !isPerf && isFirstLine(first.slice(ornamentOf(first)));
    if (isPerf && known === 0 && records > 0 && looked === 0)
      return { confidence: 0.5, because: `its first ${records} lines are records of perf, before any event` };
    if (known === 0 && (!isHeader || looked >= ENOUGH_OTHERS)) return undefined;
    const share = looked === 0 ? 0 : known / looked;
    return {
      confidence: isHeader ? 0.9 : share >= 0.5 ? 0.5 + 0.4 * share : Math.max(sure(known), 0.6 * share),
      because: isHeader
        ? `it begins with ${JSON.stringify(first.slice(0, 40))}`
        : `${known} of the first ${looked} lines are events`,
    };
  };
