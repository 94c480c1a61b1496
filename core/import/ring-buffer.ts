/**
 * Whether bytes are sub-buffers of ftrace's ring buffer without anything around them: what trace-cmd leaves in
 * `trace.dat.cpuN` when it was killed, and what `trace_pipe_raw` gives (trace-import-formats §5.7). Two in a row whose
 * headers fit are no accident: a time stamp, then a length that leaves most bits 0.
 */
const SIZES = [4096, 8192, 16_384, 32_768] as const;
const HEADER = 16;
const LENGTH = 0x07ff_ffff;
/** Lost events before the sub-buffer, and their number behind the data. */
const MARKS = 0xc000_0000;

export function isRingBuffer(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  return SIZES.some((size) => [true, false].some((little) => arePages(view, size, little)));
}

function arePages(view: DataView, size: number, little: boolean): boolean {
  if (view.byteLength < size + HEADER) return false;
  const first = pageTime(view, 0, size, little);
  const second = pageTime(view, size, size, little);
  return first !== undefined && second !== undefined && first > 0n && second >= first;
}

/** The time stamp of a sub-buffer; undefined: there is none. */
function pageTime(view: DataView, at: number, size: number, little: boolean): bigint | undefined {
  const low = view.getUint32(at + (little ? 8 : 12), little);
  const high = view.getUint32(at + (little ? 12 : 8), little);
  const length = low & LENGTH;
  const isHeader = high === 0 && (low & ~(LENGTH | MARKS)) === 0 && length > 0 && length <= size - HEADER;
  return isHeader && length % 4 === 0 ? view.getBigUint64(at, little) : undefined;
}
