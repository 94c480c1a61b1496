/**
 * Which register access causes which action: the plugin prints a write before its effects and a read after them
 * (observed in recordings; gicv5-cpuif-behaviour §16), so an access names the vCPU of the action that it caused.
 */
import { registerByEncoding } from '../../../gic/registers.ts';
import { type Action, type ActionKind } from './action.ts';

/** How an action's key must equal the value of the access. */
type Match = 'any' | 'identifier' | 'value' | 'low word';

interface OperationRow {
  readonly causes: ActionKind;
  readonly match: Match;
  /** For commands: the event that the instruction prints. */
  readonly event?: string;
  /** For timers: numbers of the timers that the register may stand for (its own, or with E2H the one it is redirected to). */
  readonly timers?: readonly number[];
}

const command = (event: string): OperationRow => ({ causes: 'command', match: 'identifier', event });
const PPI_REGISTERS: OperationRow = { causes: 'ppi-registers', match: 'any' };
const SIGNAL: OperationRow = { causes: 'signal', match: 'any' };

const ROWS: readonly (readonly [family: string, row: OperationRow])[] = [
  ['GIC CDEOI', { causes: 'drop', match: 'any' }],
  ['GIC CDDI', { causes: 'deactivate', match: 'low word' }],
  ['GICR CDIA', { causes: 'acknowledge', match: 'low word' }],
  ['GICR CDNMIA', { causes: 'acknowledge', match: 'low word' }],
  ['GIC CDEN', command('gicv5_set_enabled')],
  ['GIC CDDIS', command('gicv5_set_enabled')],
  ['GIC CDPRI', command('gicv5_set_priority')],
  ['GIC CDAFF', command('gicv5_set_target')],
  ['GIC CDPEND', command('gicv5_set_pending')],
  ['GIC CDHM', command('gicv5_set_handling')],
  ['GIC CDRCFG', command('gicv5_request_config')],
  ['ICC_PPI_ENABLER<n>_EL1', PPI_REGISTERS],
  ['ICC_PPI_PRIORITYR<n>_EL1', PPI_REGISTERS],
  ['ICC_PPI_CACTIVER<n>_EL1', PPI_REGISTERS],
  ['ICC_PPI_SACTIVER<n>_EL1', PPI_REGISTERS],
  ['ICC_PPI_CPENDR<n>_EL1', PPI_REGISTERS],
  ['ICC_PPI_SPENDR<n>_EL1', PPI_REGISTERS],
  ['ICC_PCR_EL1', SIGNAL],
  ['ICC_CR0_EL1', SIGNAL],
  ...timerRows('CNTP', ['EL0', [0, 2]], ['EL02', [0]]),
  ...timerRows('CNTV', ['EL0', [1, 4]], ['EL02', [1]]),
  ...timerRows('CNTHP', ['EL2', [2]]),
  ...timerRows('CNTPS', ['EL1', [3]]),
  ...timerRows('CNTHV', ['EL2', [4]]),
  ...timerRows('CNTHPS', ['EL2', [5]]),
  ...timerRows('CNTHVS', ['EL2', [6]]),
  ['CNTVOFF_EL2', { causes: 'timer-offset', match: 'value' }],
  ['CNTPOFF_EL2', { causes: 'timer-offset', match: 'value' }],
];

function timerRows(
  name: string,
  ...forms: readonly (readonly [suffix: string, timers: readonly number[]])[]
): (readonly [string, OperationRow])[] {
  return forms.flatMap(([suffix, timers]) => [
    [`${name}_CTL_${suffix}`, { causes: 'timer-control', match: 'value', timers }] as const,
    [`${name}_CVAL_${suffix}`, { causes: 'timer-compare', match: 'value', timers }] as const,
    [`${name}_TVAL_${suffix}`, { causes: 'timer-value', match: 'low word', timers }] as const,
  ]);
}

const byFamily: ReadonlyMap<string, OperationRow> = new Map(ROWS);
const byEncoding = new Map<number, OperationRow | undefined>();

/** One number for an encoding, 16 bits. */
export function encodingKey(op0: number, op1: number, crn: number, crm: number, op2: number): number {
  return (((op0 * 8 + op1) * 16 + crn) * 16 + crm) * 8 + op2;
}

export function operationOf(key: number): OperationRow | undefined {
  let row = byEncoding.get(key);
  if (row === undefined && !byEncoding.has(key)) {
    const family = registerByEncoding(key >> 14, (key >> 11) & 7, (key >> 7) & 15, (key >> 3) & 15, key & 7)?.family;
    row = family === undefined ? undefined : byFamily.get(family);
    byEncoding.set(key, row);
  }
  return row;
}

/** An access of one vCPU whose effect is not seen yet (write) or was already seen (read). */
export class Operation {
  readonly row: OperationRow;
  readonly lo: number;
  readonly hi: number;
  /** Order of its line. */
  readonly serial: number;
  /** Its action is known. */
  isDone = false;

  constructor(row: OperationRow, lo: number, hi: number, serial: number) {
    this.row = row;
    this.lo = lo;
    this.hi = hi;
    this.serial = serial;
  }

  /** Whether this write, whose effect follows it, may have caused that action. */
  precedes(action: Action): boolean {
    return action.serial > this.serial && this.explains(action);
  }

  /** Whether the action is what this access causes. */
  explains(action: Action): boolean {
    const { row } = this;
    if (action.kind !== row.causes) return false;
    if (row.timers !== undefined && !row.timers.includes(action.timer)) return false;
    switch (row.match) {
      case 'any':
        return true;
      case 'low word':
        return action.keyLo === this.lo;
      case 'value':
        return action.keyLo === this.lo && action.keyHi === this.hi;
      case 'identifier':
        return action.command === row.event && action.keyLo === (this.lo & IDENTIFIER) >>> 0;
    }
  }
}

/** Type and number of a GICv5 instruction's operand; bit 28 is CDAFF's IRM (gicv5-spi-lpi-behaviour §4). */
const IDENTIFIER = 0xe0ff_ffff;
