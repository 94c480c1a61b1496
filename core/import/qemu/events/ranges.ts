/**
 * Numbers that an event's fields can have. Everything behind the reader relies on them: slots, tables and names are
 * bounded because these are.
 */
import { splitIntid } from '../../../gic/intid.ts';
import { TIMERS } from '../../../trace/kinds.ts';
import { type Gicv5Event } from './gicv5.ts';
import { type MachineEvent } from './machine.ts';
import { type Accepts } from './row.ts';

const NUMBERS = 1 << 24;
const PPIS = 128;
const IAFFIDS = 1 << 16;

const isDomain = (domain: number): boolean => domain >= 0 && domain <= 3;
const isIdentifier = (identifier: number): boolean => {
  const parts = splitIntid(identifier);
  return parts !== undefined && (parts.type !== 'ppi' || parts.number < PPIS);
};
/** A candidate, or none: identifier 0 with priority 255. */
const isCandidate: Accepts = ({ b, c }) => (isIdentifier(b) && c <= 31) || (b === 0 && c === 255);
const timer: Accepts = ({ a }) => a >= 0 && a < TIMERS.length;
const shared: Accepts = ({ b, t }) => b < (t === 'PPI' ? PPIS : NUMBERS);
const access: Accepts = ({ a, wHi }) => wHi === 0 && (a === 1 || a === 2 || a === 4 || a === 8);
const encoding: Accepts = ({ b, c, d, e, f }) => b <= 3 && c <= 7 && d <= 15 && e <= 15 && f <= 7;

export const RANGES: Readonly<Partial<Record<Gicv5Event | MachineEvent, Accepts>>> = {
  gicv5_gicr_cdia: ({ a, b }) => isDomain(a) && isIdentifier(b),
  gicv5_gicr_cdia_fail: ({ a }) => isDomain(a),
  gicv5_cdeoi: ({ a }) => isDomain(a),
  gicv5_cddi: ({ a }) => isDomain(a),
  gicv5_recalc_ppi_hppi: (line) => isDomain(line.a) && isCandidate(line),
  gicv5_update_ppi_state: ({ a }) => a >= 0 && a < PPIS,
  gicv5_irs_recalc_hppi: (line) => line.a < IAFFIDS && isCandidate(line),
  gicv5_irs_recalc_hppi_fail: ({ a }) => a < IAFFIDS,
  gicv5_spi: ({ a }) => a < NUMBERS,
  gicv5_spi_state: ({ a }) => a < NUMBERS,
  gicv5_activate: shared,
  gicv5_deactivate: shared,
  gicv5_set_priority: (line) => shared(line) && line.c <= 31,
  gicv5_set_enabled: shared,
  gicv5_set_pending: shared,
  gicv5_set_handling: (line) => shared(line) && (line.c === 0 || line.c === 1),
  gicv5_set_target: (line) => shared(line) && line.c < IAFFIDS,
  gicv5_request_config: shared,
  gicv5_read: access,
  gicv5_write: access,
  gicv5_badread: access,
  gicv5_badwrite: access,
  arm_gt_recalc: timer,
  arm_gt_recalc_disabled: timer,
  arm_gt_cval_write: timer,
  arm_gt_tval_write: timer,
  arm_gt_ctl_write: timer,
  arm_gt_imask_toggle: timer,
  arm_gt_update_irq: timer,
  gicplug_sysreg_read: encoding,
  gicplug_sysreg_write: encoding,
};
