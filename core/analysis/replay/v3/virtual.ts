/**
 * The virtual CPU interfaces of a recorded GICv3: what a hypervisor inside the recording wrote to its list registers and
 * what its guests did, driven through the emulator's own interface (core/gic/v3), which must give the recorded answers:
 * ICH_* reads, ICV_* reads, best list register, signals, maintenance interrupt (gicv3-behaviour §5, §6, §12).
 *
 * A recording may begin in the middle: a register that was never written is taken over from its first read.
 */
import { CpuInterfaceV3, type InterfaceSize } from '../../../gic/v3/cpu-interface.ts';
import { Journal } from '../../../state/journal.ts';
import { Layout } from '../../../state/layout.ts';
import { type EventOf } from '../../../trace/kinds.ts';
import { type Tally } from '../tally.ts';

/** The recorded machine: 4 list registers, 5 priority and preemption bits, 24-bit INTIDs, affinity 3. */
const SIZE: InterfaceSize = { listRegisters: 4, priorityBits: 5, preemptionBits: 5, idBits: 1, aff3: true };
const VTR = 0x90b8_0003n;
const SPURIOUS = 1023;
/** ICH_HCR_EL2 without vSGIEOICount, which the recorded machine does not have. */
const HCR_BITS = 0xf800_c6ff;
export const BEFORE = 'what was set before the recording began';
const BEGUN = 'registers that were set before the recording began, told by their first read';

interface Row {
  readonly read?: (c: CpuInterfaceV3) => bigint;
  readonly write?: (c: CpuInterfaceV3, value: bigint) => void;
}

const low = (value: bigint): number => Number(BigInt.asUintN(32, value));
const word = (value: number): bigint => BigInt(value >>> 0);

function activePriority(group: 0 | 1, prefix: string): readonly [string, Row] {
  return [
    `${prefix}${group}R0`,
    {
      read: (c) => word(c.activePriority(group, 0)),
      write: (c, value) => c.setActivePriority(group, 0, low(value)),
    },
  ];
}

function listRegister(n: number): readonly [string, Row] {
  return [
    `ICH_LR${n}_EL2`,
    {
      read: (c) => c.lr[n]?.value ?? 0n,
      write: (c, value) => c.lr[n]?.set(low(value), low(value >> 32n)),
    },
  ];
}

const ROWS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['ICH_VTR_EL2', { read: () => VTR }],
  ['ICH_HCR_EL2', { read: (c) => word(c.hcr.lo), write: (c, value) => c.hcr.set((low(value) & HCR_BITS) >>> 0) }],
  ['ICH_VMCR_EL2', { read: (c) => word(c.vmcr.lo), write: (c, value) => c.writeVmcr(low(value)) }],
  ['ICH_MISR_EL2', { read: (c) => word(c.misr) }],
  ['ICH_EISR_EL2', { read: (c) => word(c.eisr) }],
  ['ICH_ELRSR_EL2', { read: (c) => word(c.elrsr) }],
  ...Array.from({ length: SIZE.listRegisters }, (_, n) => listRegister(n)),
  ...([0, 1] as const).map((group): readonly [string, Row] => {
    const [name, row] = activePriority(group, 'ICH_AP');
    return [`${name}_EL2`, row];
  }),
  ...([0, 1] as const).map((group): readonly [string, Row] => {
    const [name, row] = activePriority(group, 'ICV_AP');
    return [`${name}_EL1`, row];
  }),
  [
    'ICV_PMR_EL1',
    {
      read: (c) => word(c.pmr),
      write: (c, value) => {
        c.pmr = low(value) & 0xff;
      },
    },
  ],
  [
    'ICV_CTLR_EL1',
    {
      read: (c) => word(c.control),
      write: (c, value) => {
        c.control = low(value);
      },
    },
  ],
  [
    'ICV_BPR0_EL1',
    {
      read: (c) => word(c.bpr0),
      write: (c, value) => {
        c.bpr0 = low(value) & 7;
      },
    },
  ],
  [
    'ICV_BPR1_EL1',
    {
      read: (c) => word(c.bpr1),
      write: (c, value) => {
        c.bpr1 = low(value) & 7;
      },
    },
  ],
  ...([0, 1] as const).map((group): readonly [string, Row] => [
    `ICV_IGRPEN${group}_EL1`,
    {
      read: (c) => (c.groupEnabled(group) ? 1n : 0n),
      write: (c, value) => c.enableGroup(group, (value & 1n) === 1n),
    },
  ]),
  ['ICV_RPR_EL1', { read: (c) => word(c.runningPriority) }],
  ...([0, 1] as const).map((group): readonly [string, Row] => [
    `ICV_HPPIR${group}_EL1`,
    { read: (c) => word(c.highestPending(group)) },
  ]),
  ...([0, 1] as const).map((group): readonly [string, Row] => [
    `ICV_EOIR${group}_EL1`,
    { write: (c, value) => c.endOfInterrupt(group, low(value)) },
  ]),
  ['ICV_DIR_EL1', { write: (c, value) => c.deactivateInterrupt(low(value)) }],
]);
/** Registers that a hypervisor sets, and that may have been set before the recording began. */
const HELD = /^ICH_(HCR|VMCR|AP[01]R0|LR\d+)_EL2$/;

export class VirtualReplay {
  readonly #journal = new Journal(new Layout());
  readonly #tally: Tally;
  readonly #interfaces = new Map<number, CpuInterfaceV3>();
  readonly #known = new Set<string>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  access(cpu: number, event: EventOf<'register.access'>, value: bigint): void {
    const c = this.#interface(cpu);
    const { register, op } = event;
    const key = `${cpu} ${register}`;
    const iar = /^ICV_IAR([01])_EL1$/.exec(register);
    if (iar !== null) this.#acknowledge(c, iar[1] === '0' ? 0 : 1, event, value);
    else if (op === 'write') {
      ROWS.get(register)?.write?.(c, value);
      this.#known.add(key);
    } else this.#read(c, key, event, value);
    this.#journal.clear();
  }

  #read(c: CpuInterfaceV3, key: string, event: EventOf<'register.access'>, value: bigint): void {
    const { register } = event;
    const row = ROWS.get(register);
    if (row?.read === undefined) return this.#tally.unsupported('the emulator has no such register');
    if (HELD.test(register) && !this.#known.has(key) && row.read(c) !== value) {
      row.write?.(c, value);
      this.#tally.infer(BEGUN);
    }
    this.#known.add(key);
    this.#tally.compare(event, register, value, row.read(c), () => describe(c));
  }

  #acknowledge(c: CpuInterfaceV3, group: 0 | 1, event: EventOf<'register.access'>, value: bigint): void {
    this.#tally.compare(event, event.register, value, word(c.acknowledge(group)), () => describe(c));
  }

  /** The best list register of a CPU, compared by the interrupt in it. */
  best(cpu: number, event: EventOf<'irq.hppi'>): void {
    const c = this.#interface(cpu);
    const index = event.detail?.['list register'];
    const recorded = typeof index === 'number' ? (c.lr[index]?.lo ?? SPURIOUS) : SPURIOUS;
    const emulated = Math.min(c.highestPending(0), c.highestPending(1));
    this.#tally.compare(event, 'best list register', word(recorded), word(emulated), () => describe(c));
  }

  signals(cpu: number, event: EventOf<'irq.signal'>): void {
    const c = this.#interface(cpu);
    const recorded = (event.irq ? 1n : 0n) | (event.fiq ? 2n : 0n);
    const emulated = { none: 0n, irq: 1n, fiq: 2n }[c.signal];
    this.#tally.compare(event, 'virtual signals', recorded, emulated, () => describe(c));
  }

  maintenance(cpu: number, event: EventOf<'gic.setup'>): void {
    const c = this.#interface(cpu);
    // Which groups are enabled decides whether a toggle is to be reported.
    if (!this.#known.has(`${cpu} ICH_VMCR_EL2`)) return this.#tally.unsupported(BEFORE);
    const recorded = event.value ?? 0n;
    this.#tally.compare(event, 'maintenance interrupt', recorded, c.maintenance ? 1n : 0n, () => describe(c));
  }

  #interface(cpu: number): CpuInterfaceV3 {
    let found = this.#interfaces.get(cpu);
    if (found === undefined) {
      // A physical interrupt that ends with a virtual one is an input of the distributor, printed by itself.
      found = new CpuInterfaceV3(this.#journal, `cpu${cpu}.`, SIZE, { deactivatePhysical: () => {} });
      this.#interfaces.set(cpu, found);
    }
    return found;
  }
}

function describe(c: CpuInterfaceV3): string {
  const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
  const lrs = c.lr.map(({ value }) => hex(value)).join(' ');
  return `HCR ${hex(c.hcr.lo)}, VMCR ${hex(c.vmcr.lo)}, AP1R0 ${hex(c.activePriority(1, 0))}, LR ${lrs}`;
}
