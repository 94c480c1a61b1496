/** Text logs of QEMU's `log` trace backend (trace-import-formats §6.1): the row of the registry, and the import. */
import { type Format, type LineTime, type ReadContent, type ReadSummary, sure, type Verdict } from '../format.ts';
import { endOfText, eventsBehind } from './behind.ts';
import { isKnownEvent } from './events/table.ts';
import { Prefix } from './prefix.ts';
import { QemuSession } from './session.ts';
import { LineSplitter } from '../source/lines.ts';

/** Event families that make a log worth importing, understood or not. */
const FAMILY = /^(gicv[0-9]_|gic_|arm_gt_|arm_psci_|arm_powerctl_|arm_cpu_reset|gicplug_|vgic|kvm_arm)/;
const EVENT = /^([a-z][a-z0-9]*_[a-z0-9_]*):?(?: |$)/;
const EXCEPTION = /^(Taking exception \d+ \[|Exception return from |\.\.\.(from|with|to) )/;
/** `gicv5-smp1-events.log`: people name recordings so, and a machine with one vCPU has no question whose line it is. */
const NAMED_SINGLE = /(?:^|[^a-z0-9])smp1(?:[^0-9]|$)/i;

const LOOKED_AT = 2000;
/** Pieces whose memory may serve again are remembered up to here; what lines wait longer for goes to the collector. */
const MOST_WAITING = 8;

function detect(head: Uint8Array): Verdict | undefined {
  let looked = 0;
  let known = 0;
  let plausible = 0;
  const prefix = new Prefix();
  const lines = new LineSplitter({
    onLine: (_line, page, start, end) => {
      const text = page.text(start, end);
      if (text.trim() === '' || looked === LOOKED_AT) return;
      looked++;
      const at = prefix.read(page.bytes, start, end) - start;
      const rest = text.slice(at);
      const name = EVENT.exec(rest)?.[1];
      if (name !== undefined && (isKnownEvent(name) || FAMILY.test(name))) known++;
      else if (EXCEPTION.test(rest) || (at > 0 && name !== undefined)) plausible++;
      else if (eventsBehind(prefix, page.bytes, start, endOfText(page.bytes, start, end)).next().done !== true) known++;
    },
    onLong: () => {
      looked++;
    },
  });
  lines.push(head);
  // What is after the last line end may be cut by the end of the head.
  if (lines.count === 0) lines.end();
  if (known + plausible === 0) return undefined;
  const share = (known + plausible) / looked;
  const confidence =
    known === 0 ? 0.3 * share : share >= 0.5 ? 0.5 + 0.5 * share : Math.max(sure(known), 0.2 + 0.6 * share);
  return {
    confidence,
    because: `${known} of the first ${looked} lines are events of an interrupt controller, timer or vCPU`,
  };
}

const read: ReadContent = async (content, sink, context) => {
  const session = new QemuSession(sink, content.parts);
  if (context.vcpus !== undefined) session.machine.setVcpus(context.vcpus, 'the user');
  else if (NAMED_SINGLE.test(content.name)) session.machine.setVcpus(1, `the file's name (${content.name})`);
  const now = (): ReadSummary => {
    const { gic, vcpus, counts, facts, events } = session;
    return { gic, vcpus, lines: counts, facts, events };
  };
  context.known?.(now);
  const splitter = new LineSplitter(session);
  /** Pieces that a line may still be looked up in. */
  const waiting: Uint8Array[] = [];
  for await (const chunk of content.chunks) {
    splitter.push(chunk);
    waiting.push(chunk);
    if (session.isSettled) for (const piece of waiting.splice(0)) content.release?.(piece);
    else if (waiting.length > MOST_WAITING) waiting.shift();
    session.countNames();
    context.advance(session.lines, session.events);
    if (context.pace === undefined) continue;
    if (session.clockZero !== undefined) context.origin?.('UTC', session.clockZero);
    await context.pace();
  }
  splitter.end();
  session.end();
  context.advance(session.lines, session.events);
  return now();
};

/** Nanoseconds since 1970 of a line with a time stamp. */
function lineTime(): LineTime {
  const prefix = new Prefix();
  return (bytes, start, end) =>
    prefix.read(bytes, start, end) === start
      ? undefined
      : BigInt(prefix.seconds) * 1_000_000_000n + BigInt(prefix.nanos);
}

export const QEMU_LOG: Format = {
  id: 'qemu-log',
  kind: 'qemu-log',
  title: 'QEMU trace log',
  detect,
  read,
  follows: true,
  lineTime,
  partOf: () => ({ set: 'one emulator' }),
};
