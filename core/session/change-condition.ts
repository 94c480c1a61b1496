/** The condition for "this changes", for what a front end may point at: a slot, a register field, a lane, its facts. */
import { parseKey } from '../gic/intid.ts';
import { SessionError } from './failure.ts';
import { type OpenTrace } from './open-trace.ts';
import { findRange } from './slots.ts';
import { findPlace } from './value-places.ts';

const LANE = /^(?:vcpu(\d{1,3})\.)?([a-z]+\d+)(?:\.([A-Za-z]+))?$/;

/**
 * @param path a slot (`vcpu1.ICC_PCR_EL1`), a field (`vcpu1.ICC_PCR_EL1.PRIORITY`) or an interrupt's lane
 *   (`vcpu1.ppi27`, `spi33`), also with a fact of it (`spi33.pending`)
 * @throws SessionError `usage` when it is none of these.
 */
export function changeCondition(trace: Pick<OpenTrace, 'layout' | 'interrupts'>, path: string): string {
  if (findRange(trace.layout, path) !== undefined) return `changed(${path})`;
  const lane = LANE.exec(path);
  const interrupt = lane === null ? undefined : parseKey(lane[2] ?? '');
  const fact = lane?.[3];
  if (interrupt !== undefined && (fact === undefined || findPlace(trace, path) !== undefined)) {
    const subject = `${interrupt.type}(${interrupt.number}).${fact ?? 'state'} changes`;
    return lane?.[1] === undefined ? subject : `${subject} on vcpu ${lane[1]}`;
  }
  throw new SessionError({
    code: 'usage',
    message: `${path}: no such slot, register field or interrupt in this trace. \`gicscope state\` lists the slots.`,
  });
}
