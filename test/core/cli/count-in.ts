import { TraceReader } from '../../../core/trace/reader.ts';

/** Events that another process can read now; 0 while there is no trace yet. */
export function countIn(path: string): number {
  try {
    const reader = new TraceReader(path);
    const { count } = reader;
    reader.close();
    return count;
  } catch {
    return 0;
  }
}
