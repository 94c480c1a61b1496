/**
 * The first page of a GICv2 guest's CPU interface: mapped to the hardware's virtual interface, so that an access stays in
 * the guest (gicv3-registers, GICC). DIR, in the second page, traps: cpu-interface-page.ts.
 *
 * GICC_IAR and GICC_HPPIR are of group 0. For an interrupt of group 1 they give 1022, unless GICC_CTLR.AckCtl lets them
 * serve both groups; GICC_AIAR, GICC_AEOIR and GICC_AHPPIR are of group 1 alone.
 */
import { SPURIOUS } from '../../gic/intid.ts';
import { type CpuInterfaceV3 } from '../../gic/v3/cpu-interface.ts';
import { VMCR } from '../../gic/v3/vmcr.ts';
import { CTLR_BITS, IIDR_V2 } from './cpu-interface-page.ts';

export const GUEST_PAGE = 0x1000;
/** An interrupt of group 1 waits, and the register is of group 0. */
const OTHER_GROUP = 1022;
/** INTID and sender of an SGI, as IAR gave them. */
const IDENTIFIER = 0x1fff;

interface Row {
  readonly read?: (cpu: CpuInterfaceV3) => number;
  /** False: it had no effect that could be told of. */
  readonly write?: (cpu: CpuInterfaceV3, value: number) => unknown;
  /** What an access did to an interrupt. */
  readonly reports?: 'icv.acknowledge' | 'icv.end';
}

const servesBoth = (cpu: CpuInterfaceV3): boolean => (cpu.vmcr.lo & VMCR.ACKCTL) !== 0;

function ofGroup0(read: (cpu: CpuInterfaceV3, group: 0 | 1) => number): (cpu: CpuInterfaceV3) => number {
  return (cpu) => {
    const answer = read(cpu, 0);
    if (answer !== SPURIOUS || cpu.highestPending(1) === SPURIOUS) return answer;
    return servesBoth(cpu) ? read(cpu, 1) : OTHER_GROUP;
  };
}

const acknowledge = (cpu: CpuInterfaceV3, group: 0 | 1): number => cpu.acknowledge(group);
const highestPending = (cpu: CpuInterfaceV3, group: 0 | 1): number => cpu.highestPending(group);

function end(cpu: CpuInterfaceV3, group: 0 | 1, value: number): boolean {
  return cpu.endOfInterrupt(group, value & IDENTIFIER);
}

/** Active priorities of both groups are in AP1R (gicv3-registers, GICC). */
function activePriorities(n: number): Row {
  return {
    read: (cpu) => cpu.activePriority(1, n),
    write: (cpu, value) => cpu.setActivePriority(1, n, value),
  };
}

const CONTROL = CTLR_BITS.reduce((word, bit) => word | bit, 0);

const ROWS: ReadonlyMap<number, Row> = new Map<number, Row>([
  [
    0x00,
    {
      read: (cpu) => cpu.vmcr.lo & CONTROL,
      write: (cpu, value) => cpu.writeVmcr(((cpu.vmcr.lo & ~CONTROL) | (value & CONTROL)) >>> 0),
    },
  ],
  [0x04, { read: (cpu) => cpu.pmr, write: (cpu, value) => (cpu.pmr = value) }],
  [0x08, { read: (cpu) => cpu.bpr0, write: (cpu, value) => (cpu.bpr0 = value) }],
  [0x0c, { read: ofGroup0(acknowledge), reports: 'icv.acknowledge' }],
  [
    0x10,
    {
      write: (cpu, value) => end(cpu, servesBoth(cpu) ? cpu.groupOfActive(value & IDENTIFIER) : 0, value),
      reports: 'icv.end',
    },
  ],
  [0x14, { read: (cpu) => cpu.runningPriority }],
  [0x18, { read: ofGroup0(highestPending) }],
  [0x1c, { read: (cpu) => cpu.bpr1, write: (cpu, value) => (cpu.bpr1 = value) }],
  [0x20, { read: (cpu) => cpu.acknowledge(1), reports: 'icv.acknowledge' }],
  [0x24, { write: (cpu, value) => end(cpu, 1, value), reports: 'icv.end' }],
  [0x28, { read: (cpu) => cpu.highestPending(1) }],
  ...[0, 1, 2, 3].map((n): [number, Row] => [0xd0 + 4 * n, activePriorities(n)]),
  [0xfc, { read: () => Number(IIDR_V2) }],
]);

/** What a word access did beside its value. */
export interface PageAnswer {
  readonly value: number;
  readonly reports: Row['reports'];
}

/** A word that the guest reads (`value` undefined) or writes. What is not a whole register is RAZ/WI. */
export function accessPage(cpu: CpuInterfaceV3, offset: number, length: number, value: number | undefined): PageAnswer {
  const row = length === 4 ? ROWS.get(offset) : undefined;
  if (value === undefined) return { value: row?.read?.(cpu) ?? 0, reports: row?.read && row.reports };
  const had = row?.write?.(cpu, value) !== false;
  return { value, reports: had ? row?.write && row.reports : undefined };
}
