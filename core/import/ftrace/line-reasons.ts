/** Why a line of ftrace text is no event: lines of other tracers, of options and of headers, by how they begin. */

/**
 * Events were lost before what follows, on this CPU; the kernel says so, and reports of trace-cmd, behind the name of the
 * buffer or file.
 */
export const LOST =
  /^(?:\s{0,64}(\S.{0,255}?): {1,64})?CPU:(\d{1,5}) \[(?:LOST )?(?:(\d{1,15}) )?EVENTS(?: DROPPED)?\]$/;
/** How a report begins, or the report of each of several files: with its name. */
const REPORT = /^(?:\s{0,64}(\S.{0,255}): )?cpus=\d{1,6}\s*$/;

const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^\s*$/, 'empty line'],
  [/^#####/, 'start of a CPU buffer'],
  [/^#/, 'header'],
  [REPORT, 'header'],
  [/^[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{16} /, 'line of the hexadecimal format (option hex)'],
  [/: # [0-9a-f]{1,8} buf:( |$)/, 'marker of raw data'],
  [/: UNKNOWN TYPE \d+$/, 'entry that the kernel does not print in this form'],
  [/: PERF_RECORD_\w+/, 'record of perf, no event'],
  [/^\s*(=> |[0-9a-f]{8,16} )|^\s{1,40}[0-9a-f]{1,16} \S{1,200} \(/, 'stack trace'],
  [/(^|: +)<(user )?stack trace ?>$/, 'stack trace'],
  [/^(\s{0,20}\d+\.\d+ \|)?\s{0,20}\d{1,5}\)[^|]{0,60}\|/, 'function graph'],
  [/^ \d{1,5}\) .{1,32} => /, 'function graph'],
  [/^ -{20,60}$/, 'function graph'],
  [/: +[\w.]+(?:\+0x[0-9a-f]+)?(?: \[\w+\])? <-/, 'function call'],
  [/\[\d{3,6}\] +\d+\.\d+: +(\d+ +)?[\w-]+(:[a-zA-Z]*)?: *([0-9a-f]+ |$)/, 'sample of perf, no tracepoint'],
  [/(^|: +)(\[UNKNOWN EVENT|ug! no event found)/, 'event whose format the reporter lacked'],
  [/^\s*[A-Za-z_]\w*: /, 'line without task and time (context-info is off)'],
  [/^\d+ \d+ \d+ /, 'line of the raw format (option raw)'],
];
const OTHER = 'not a line of an event';
/** How far a line is looked at. */
const FAR = 350;

/** Whether the text of a tracer or a report begins with this line. */
export function isFirstLine(text: string): boolean {
  return /^# tracer: \S/.test(text) || REPORT.test(text);
}

/** The file whose report begins with this line. */
export function fileOf(text: string): string | undefined {
  return REPORT.exec(text)?.[1];
}

/** The first that fits. */
export function reasonFor(text: string): string {
  const head = text.slice(0, FAR);
  return REASONS.find(([pattern]) => pattern.test(head))?.[1] ?? OTHER;
}

/** Whether the line belongs to ftrace text although it is no event, so that it speaks neither for nor against. */
export function isAside(text: string): boolean {
  return /^(empty line|start of|header|stack trace|function|sample of perf|record of perf|marker of)/.test(
    reasonFor(text),
  );
}
