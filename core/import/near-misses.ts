/**
 * Files that people drag in and that are no trace we read: each row says how it is told and what to do instead.
 * Ordered: the first that fits speaks.
 */
import { isRingBuffer } from './ring-buffer.ts';

export interface NearMiss {
  /** What it is. */
  readonly what: string;
  readonly hint: string;
}

interface Row extends NearMiss {
  readonly is: (head: Uint8Array, text: string) => boolean;
}

const bytes =
  (at: number, ...wanted: readonly number[]) =>
  (head: Uint8Array): boolean =>
    wanted.every((byte, i) => head[at + i] === byte);
const begins =
  (...starts: readonly string[]) =>
  (_head: Uint8Array, text: string): boolean =>
    starts.some((start) => text.startsWith(start));
const says =
  (pattern: RegExp) =>
  (_head: Uint8Array, text: string): boolean =>
    pattern.test(text);

const NO_TRACE = 'This is not a trace. Choose the log or trace that was recorded.';
const PERF = 'Convert it first: perf script -F comm,tid,cpu,time,event,trace --ns -i FILE > trace.txt';

const ROWS: readonly Row[] = [
  {
    what: 'a gicscope trace or another SQLite database',
    hint: 'A .gscope file needs no import: open it.',
    is: begins('SQLite format 3\u0000'),
  },
  { what: 'a perf.data file', hint: PERF, is: begins('PERFILE2', '2ELIFREP') },
  {
    what: 'a CTF trace (LTTng, perf data convert)',
    hint: 'It cannot be imported. Convert it to text, or record with trace-cmd or QEMU.',
    is: (head, text) =>
      text.startsWith('/* CTF ') ||
      bytes(0, 0xc1, 0x1f, 0xfc, 0xc1)(head) ||
      bytes(0, 0xc1, 0xfc, 0x1f, 0xc1)(head) ||
      bytes(0, 0x75, 0xd1, 0x1d, 0x57)(head) ||
      bytes(0, 0x57, 0x1d, 0xd1, 0x75)(head),
  },
  { what: 'a network capture', hint: NO_TRACE, is: isCapture },
  {
    what: 'a Perfetto trace',
    hint: 'It cannot be imported. Record the ftrace events with trace-cmd instead.',
    is: (head) => isBinary(head) && isPerfetto(head),
  },
  {
    what: 'a Chrome or Perfetto JSON trace',
    hint: 'It cannot be imported.',
    is: says(/^\s*(\{[^{[]{0,1000}"traceEvents"|\[\s*\{\s*"(ph|name|cat|pid|ts)")/),
  },
  {
    what: 'a VCD waveform',
    hint: 'It cannot be imported: it holds signals, not interrupt events.',
    is: says(/^\s*\$(date|version|timescale|comment|scope)\b/),
  },
  {
    what: 'the ring buffer of one CPU (trace.dat.cpuN of a trace-cmd that was killed, trace_pipe_raw)',
    hint: 'It lacks the formats of its events. Make a trace.dat of all CPUs: trace-cmd restore -o trace.dat trace.dat.cpu*',
    is: isRingBuffer,
  },
  {
    what: 'an ELF core dump',
    hint: 'It holds memory, not a trace. Recover an ftrace buffer from a crash dump with the crash utility (trace dump).',
    is: (head, text) => text.startsWith('\u007fELF') && (head[5] === 2 ? head[17] : head[16]) === 4,
  },
  { what: 'an ELF file (a program or kernel)', hint: NO_TRACE, is: begins('\u007fELF') },
  {
    what: 'a kernel crash dump (kdump)',
    hint: 'Recover the ftrace buffer with the crash utility (trace dump).',
    is: begins('KDUMP   ', 'DISKDUMP'),
  },
  {
    what: 'a device tree',
    hint: 'It says where the registers of a recorded guest are: give it beside the recording (--dtb), compiled (dtc).',
    is: (head, text) => bytes(0, 0xd0, 0x0d, 0xfe, 0xed)(head) || text.startsWith('/dts-v1/'),
  },
  { what: 'a JPEG image', hint: NO_TRACE, is: bytes(0, 0xff, 0xd8, 0xff) },
  { what: 'a PNG image', hint: NO_TRACE, is: bytes(0, 0x89, 0x50, 0x4e, 0x47) },
  { what: 'a GIF image', hint: NO_TRACE, is: begins('GIF87a', 'GIF89a') },
  { what: 'a PDF document', hint: NO_TRACE, is: begins('%PDF-') },
  { what: 'a ZIP archive', hint: 'Unpack it and import the file inside.', is: bytes(0, 0x50, 0x4b, 0x03, 0x04) },
  { what: 'a 7-Zip archive', hint: 'Unpack it and import the file inside.', is: bytes(0, 0x37, 0x7a, 0xbc, 0xaf) },
  {
    what: 'a tar archive',
    hint: 'Unpack it and import the file inside.',
    is: isTar,
  },
  {
    what: 'a bzip2 file',
    hint: 'Decompress it first (bzip2 -d).',
    // Behind the level stands the mark of a first block, or in an empty file that of its end.
    is: (head, text) =>
      /^BZh[1-9]/.test(text) && (text.startsWith('1AY&SY', 4) || bytes(4, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90)(head)),
  },
  { what: 'an LZ4 file', hint: 'Decompress it first (lz4 -d).', is: bytes(0, 0x04, 0x22, 0x4d, 0x18) },
  { what: 'a file of compress', hint: 'Decompress it first (uncompress).', is: bytes(0, 0x1f, 0x9d) },
  {
    what: 'an LZMA file',
    hint: 'Decompress it first (xz -d --format=lzma).',
    is: bytes(0, 0x5d, 0x00, 0x00, 0x80, 0x00),
  },
  { what: 'a systemd journal', hint: NO_TRACE, is: begins('LPKSHHRH') },
  {
    what: 'text in UTF-16',
    hint: 'Convert it to UTF-8 (iconv -f UTF-16 -t UTF-8), or redirect without PowerShell.',
    is: (head) => bytes(0, 0xff, 0xfe)(head) || bytes(0, 0xfe, 0xff)(head) || isWide(head, 0) || isWide(head, 1),
  },
  {
    what: 'a file of zeros alone',
    hint: 'What should be in it was never written; copy it again from where it was made.',
    is: (head) => head.every((byte) => byte === 0),
  },
  {
    what: 'text whose lines end with CR alone',
    hint: "Convert it: tr '\\r' '\\n' < FILE > trace.txt",
    is: hasOnlyReturns,
  },
  { what: 'a web page', hint: NO_TRACE, is: says(/^\s*<(!doctype html|html)/i) },
  {
    what: 'text of perf script that lacks the thread, the time in seconds or the name of each event',
    hint: 'Print them: perf script -F comm,tid,cpu,time,event,trace --ns -i FILE > trace.txt',
    // Behind the CPU: `system:event:`, or a time and the event's first field.
    is: says(
      /^[^\n]{0,64}\[\d{3,6}\]\s{1,8}(\d[\d\-: ]{0,24}\.\d{3,9}( \( {0,8}\+\d{1,9}\.\d{3,9}\))?:\s{1,16})?(\w{1,64}:\w{1,128}: |\w{1,64}=)/m,
    ),
  },
  {
    what: 'ftrace text without threads and times (its option context-info is off)',
    hint: 'Record it again with echo 1 > /sys/kernel/tracing/options/context-info.',
    is: says(/^(kvm|irq|sched|timer|vgic|hrtimer|ipi|softirq)_\w{1,64}: {1,20}\S[^\n]{0,512}$/m),
  },
  {
    what: 'ftrace text in its hexadecimal form (option hex)',
    hint: 'Record it again with echo 0 > /sys/kernel/tracing/options/hex, or use trace-cmd.',
    is: says(/^([0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{16} [^\n]{0,512}\n\s{0,4}){2}/m),
  },
  {
    what: 'ftrace text in its binary form (option bin)',
    hint: 'Record it again with echo 0 > /sys/kernel/tracing/options/bin, or use trace-cmd.',
    is: (head, text) => text.startsWith('# tracer: ') && isBinary(head),
  },
  {
    what: 'ftrace text in its raw form (option raw)',
    hint: 'Record it again with echo 0 > /sys/kernel/tracing/options/raw, or use trace-cmd.',
    is: says(/^(\d{1,10} \d{1,5} \d{1,20} \w{1,64}: ?[^\n]{0,512}\n){2}/m),
  },
  {
    what: 'a report of trace-cmd without events (--stat, --profile)',
    hint: 'Print the events: trace-cmd report -N -t FILE > trace.txt, or import the trace.dat itself.',
    is: says(/^cpus=\d{1,6}\n/),
  },
  {
    what: 'the records of a perf.data file as perf script -D prints them',
    hint: PERF,
    is: says(/^0x[0-9a-f]{1,16}(@\S{1,255})? \[0x[0-9a-f]{1,8}\]: event: \d/m),
  },
];

/** The first that fits; undefined: none does. */
export function nearMiss(head: Uint8Array): NearMiss | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 4096)).toString('latin1');
  return ROWS.find(({ is }) => is(head, text));
}

/**
 * An archive whose files are as they were: it has their lines, and would be taken for one recording of all of them.
 */
export function isTar(head: Uint8Array): boolean {
  return bytes(257, 0x75, 0x73, 0x74, 0x61, 0x72)(head);
}

/** Text that one line would be: what a console saved without its line feeds. */
export function hasOnlyReturns(head: Uint8Array): boolean {
  return !head.includes(LF) && head.indexOf(CR) !== head.lastIndexOf(CR) && !isBinary(head);
}

/** ASCII in two bytes each: the first or the second of every pair is 0, the other is not. */
function isWide(head: Uint8Array, place: 0 | 1): boolean {
  const pairs = Math.min(head.length >> 1, 2048);
  if (pairs < 8) return false;
  for (let i = 0; i < pairs; i++) {
    const letter = head[2 * i + 1 - place] ?? 0;
    if (head[2 * i + place] !== 0 || letter < 9 || letter > 126) return false;
  }
  return true;
}

const LF = 10;
const CR = 13;
const CAPTURES: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a]);

function isCapture(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  return CAPTURES.has(new DataView(head.buffer, head.byteOffset, 4).getUint32(0));
}

/** A Perfetto trace is a run of packets, each tag 0x0a and a length; four in a row that begin with packet fields are no accident. */
function isPerfetto(head: Uint8Array): boolean {
  let at = 0;
  let packets = 0;
  while (at < head.length && packets < 4) {
    if (head[at] !== 0x0a) return false;
    at++;
    let length = 0;
    let shift = 0;
    for (;;) {
      const byte = head[at++];
      if (byte === undefined || shift > 28) return packets > 0 && byte === undefined;
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    const tag = head[at];
    if (length < 2 || (tag !== undefined && (tag & 7) > 5)) return false;
    at += length;
    packets++;
  }
  return packets === 4 || (packets >= 1 && at > head.length);
}

/** Whether the head is data rather than text: more than one byte in a hundred that no text has. */
export function isBinary(head: Uint8Array): boolean {
  let odd = 0;
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) odd++;
  return odd * 100 > head.length;
}
