/** Checks a whole trace against itself, in one go. */
import { type TraceReader } from '../../core/trace/reader.ts';
import { type Verdict, verifyBlocks } from '../../core/trace/verify.ts';

export function verifyTrace(reader: TraceReader): Verdict {
  const check = verifyBlocks(reader);
  for (;;) {
    const { done, value } = check.next();
    if (done === true) return value;
  }
}
