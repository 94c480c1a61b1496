/**
 * A line of a remote buffer, which Linux prints for what another part of the machine records: the hypervisor at EL2 of
 * pKVM (trace-import-formats §2.2, its last paragraph). It has a CPU and a time, no task, and no colon behind the name.
 */
import { NO_FLAGS } from './record.ts';
import { setTime } from './text-time.ts';
import { type TextLine } from './text-line.ts';

const REMOTE = /^\[(\d{3,6})\]\t\s{0,20}(\d{1,12})\.(\d{6}): ([A-Za-z_]\w{0,127})(?:\s|$)/;
const OPEN = 91;

/** Fills `into`; false: the line has another form. */
export function readRemote(text: string, into: TextLine): boolean {
  if (text.charCodeAt(0) !== OPEN) return false;
  const match = REMOTE.exec(text);
  if (match === null) return false;
  const [whole, cpu, seconds = '0', fraction, name = ''] = match;
  into.cpu = Number(cpu);
  into.comm = '';
  into.pid = -1;
  into.flags = NO_FLAGS;
  into.isPerf = false;
  into.name = name;
  into.payloadAt = whole.length;
  setTime(seconds, fraction, into);
  return true;
}
