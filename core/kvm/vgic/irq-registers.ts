/**
 * The registers with a field per interrupt that every frame with interrupts has at the same offsets (gicv3-registers,
 * block map): rows without a frame. A model says what it does otherwise, a frame how many interrupts it holds and where.
 */
import * as irq from './irq-blocks.ts';
import { type Block } from './mmio.ts';

export type IrqRegister = Pick<Block, 'name' | 'start' | 'read' | 'write' | 'userRead' | 'userWrite'> & {
  /** Bits per interrupt. */
  readonly bits: number;
  /** Accepted access lengths; absent: words alone. */
  readonly sizes?: readonly number[];
};

type Access = Pick<IrqRegister, 'read' | 'write' | 'userRead' | 'userWrite'>;

/** The offsets in a frame's page of 1024 interrupts. */
const IRQ_REGISTERS = [
  { name: 'IGROUPR', start: 0x80, bits: 1, read: irq.readGroup, write: irq.writeGroup },
  {
    name: 'ISENABLER',
    start: 0x100,
    bits: 1,
    read: irq.readEnable,
    write: irq.writeSetEnable,
    userWrite: irq.userSetEnable,
  },
  { name: 'ICENABLER', start: 0x180, bits: 1, read: irq.readEnable, write: irq.writeClearEnable },
  {
    name: 'ISPENDR',
    start: 0x200,
    bits: 1,
    read: irq.readPending,
    write: irq.writeSetPending,
    userRead: irq.userReadPending,
  },
  { name: 'ICPENDR', start: 0x280, bits: 1, read: irq.readPending, write: irq.writeClearPending },
  {
    name: 'ISACTIVER',
    start: 0x300,
    bits: 1,
    read: irq.readActive,
    write: irq.writeSetActive,
    userRead: irq.userReadActive,
    userWrite: irq.userSetActive,
  },
  {
    name: 'ICACTIVER',
    start: 0x380,
    bits: 1,
    read: irq.readActive,
    write: irq.writeClearActive,
    userRead: irq.userReadActive,
    userWrite: irq.userClearActive,
  },
  { name: 'IPRIORITYR', start: 0x400, bits: 8, sizes: [1, 4], read: irq.readPriority, write: irq.writePriority },
  { name: 'ICFGR', start: 0xc00, bits: 2, read: irq.readConfig, write: irq.writeConfig },
] as const satisfies readonly IrqRegister[];

type Name = (typeof IRQ_REGISTERS)[number]['name'];

/** The rows of a model. `otherwise`: accesses that it answers in its own way. */
export function irqRegisters(otherwise: Readonly<Partial<Record<Name, Partial<Access>>>>): readonly IrqRegister[] {
  return IRQ_REGISTERS.map((row) => ({ ...row, ...otherwise[row.name] }));
}

const DISTRIBUTOR_INTIDS = 1024;

/** A row in a distributor: with a place for each of 1024 interrupts, of which the VM's number counts. */
export function inDistributor({ sizes = [4], ...row }: IrqRegister): Block {
  return { ...row, sizes, length: (row.bits * DISTRIBUTOR_INTIDS) / 8 };
}
