/** GICC registers by offset: what a read returns and a write does. IAR, EOIR and DIR are events of their own. */
import { type PhysicalGicV2, type V2Cpu } from './gic.ts';

interface Row {
  readonly read: (gic: PhysicalGicV2, cpu: V2Cpu) => number;
  readonly write?: (cpu: V2Cpu, value: number) => void;
}

const IDLE_PRIORITY = 0xff;
/** GICv2 interface of the recorded model. */
const IIDR = 0x0002_043b;

export const GICC_ROWS: ReadonlyMap<number, Row> = new Map<number, Row>([
  [0x00, { read: (_gic, cpu) => cpu.interface.ctlr, write: (cpu, value) => cpu.interface.writeCtlr(value) }],
  [
    0x04,
    {
      read: (_gic, cpu) => cpu.interface.pmr,
      write: (cpu, value) => {
        cpu.interface.pmr = value & 0xff;
      },
    },
  ],
  [
    0x08,
    {
      read: (_gic, cpu) => cpu.interface.bpr,
      write: (cpu, value) => {
        cpu.interface.bpr = value & 7;
      },
    },
  ],
  [0x14, { read: (_gic, cpu) => Math.min(cpu.interface.runningPriority, IDLE_PRIORITY) }],
  [0x18, { read: (gic, cpu) => gic.best(cpu).intid }],
  [
    0x1c,
    {
      read: (_gic, cpu) => cpu.interface.abpr,
      write: (cpu, value) => {
        cpu.interface.abpr = Math.max(value & 7, 1);
      },
    },
  ],
  ...[0, 1, 2, 3].map((n): [number, Row] => [
    0xd0 + 4 * n,
    {
      read: (_gic, cpu) => cpu.interface.activePriorities(n),
      write: (cpu, value) => cpu.interface.writeActivePriorities(n, value),
    },
  ]),
  [0xfc, { read: () => IIDR }],
]);
