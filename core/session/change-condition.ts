/** The condition for "this changes", for what a front end may point at: a slot, a register field, or a lane. */
import { parseKey } from '../gic/intid.ts';
import { type Layout } from '../state/layout.ts';
import { SessionError } from './failure.ts';
import { findRange } from './slots.ts';

const LANE = /^(?:vcpu(\d{1,3})\.)?([a-z]+\d+)$/;

/**
 * @param path a slot (`vcpu1.ICC_PCR_EL1`), a field (`vcpu1.ICC_PCR_EL1.PRIORITY`) or an interrupt's lane
 *   (`vcpu1.ppi27`, `spi33`)
 * @throws SessionError `usage` when it is none of these.
 */
export function changeCondition(layout: Layout, path: string): string {
  if (findRange(layout, path) !== undefined) return `changed(${path})`;
  const lane = LANE.exec(path);
  const interrupt = lane === null ? undefined : parseKey(lane[2] ?? '');
  if (interrupt !== undefined) {
    const subject = `${interrupt.type}(${interrupt.number}).state changes`;
    return lane?.[1] === undefined ? subject : `${subject} on vcpu ${lane[1]}`;
  }
  throw new SessionError({
    code: 'usage',
    message: `${path}: no such slot, register field or interrupt in this trace. \`gicscope state\` lists the slots.`,
  });
}
