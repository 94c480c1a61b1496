/** The GICv2 distributor as KVM emulates it (gicv3-registers, GICD_V2): a 4 KiB frame, private interrupts banked. */
import { type Result } from '../errno.ts';
import * as irq from '../vgic/irq-blocks.ts';
import { inDistributor, irqRegisters } from '../vgic/irq-registers.ts';
import { type Access, type Block, type MmioSpace, raz, type Reader, type Writer } from '../vgic/mmio.ts';
import { kickDeliverable, queue } from '../vgic/queue.ts';
import { sendSgi } from '../vgic/send-sgi.ts';
import { readIidr, writeRevision } from '../vgic/revision.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';

export const DIST_FRAME_V2 = 0x1000;

const readControl: Reader = (access) => {
  const { vgic, offset } = access;
  switch (offset) {
    case 0:
      return vgic.enabled.flag ? 1n : 0n;
    case 4:
      return BigInt(((vgic.vm.online.lo - 1) << 5) | (((vgic.nrSpis.lo + 32) >>> 5) - 1));
    default:
      return readIidr(access);
  }
};

const writeControl: Writer = ({ vgic, offset, tell }, value) => {
  if (offset !== 0) return;
  const was = vgic.enabled.flag;
  vgic.enabled.flag = (value & 1n) !== 0n;
  tell?.();
  if (!was && vgic.enabled.flag) kickDeliverable(vgic);
};

/** Naming the revision also says that userspace knows about groups (§10.4). */
const userWriteControl = (access: Access, value: bigint): Result => {
  if (access.offset !== 8) {
    writeControl(access, value);
    return 0;
  }
  const result = writeRevision(access, value);
  if (result === 0) access.vgic.groupsWritable.flag = true;
  return result;
};

const userWriteGroup: Writer = (access, value) => {
  if (access.vgic.groupsWritable.flag) irq.writeGroup(access, value);
};

const IRQ_REGISTERS = irqRegisters({
  IGROUPR: { userWrite: userWriteGroup },
  ISPENDR: { userWrite: irq.userSetPending },
  ICPENDR: { userRead: irq.userReadPending, userWrite: irq.userClearPending },
});

// --- targets ------------------------------------------------------------------------------------------------------

const readTargets: Reader = ({ vgic, actor, intid, length }) => {
  let word = 0n;
  for (let i = 0; i < length; i++)
    word |= BigInt((vgic.lookup(actor, intid + i)?.routing ?? 0) & 0xff) << BigInt(8 * i);
  return word;
};

/** Delivery goes to the lowest target; an empty mask is stored, and means vCPU 0. */
const writeTargets: Writer = (access, value) => {
  const { vgic, actor, intid, length } = access;
  if (intid < 32) return;
  access.tell?.();
  const online = (1 << vgic.vm.online.lo) - 1;
  for (let i = 0; i < length; i++) {
    const spi = vgic.lookup(actor, intid + i);
    if (spi === undefined) continue;
    const mask = Number((value >> BigInt(8 * i)) & 0xffn) & online;
    const before = spi.routing;
    spi.routing = mask;
    spi.target = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    irq.tellWritten(access, spi, 'target', before, mask);
  }
};

// --- SGIs ---------------------------------------------------------------------------------------------------------

/**
 * Which vCPUs an SGIR write reaches, by creation index: list, all but the sender, or the sender. The sender is taken by
 * its id, so that a VM whose ids are not its indexes reaches others.
 */
function targetsOf(self: VgicVcpu, value: number): number {
  const filter = (value >>> 24) & 3;
  const own = 1 << self.vcpu.id;
  if (filter === 0) return (value >>> 16) & 0xff;
  if (filter === 1) return 0xff & ~own;
  return filter === 2 ? own : 0;
}

/** Of the mask's bits without a vCPU only those are told of that the guest chose. */
const writeSgir: Writer = ({ vgic, actor, tell }, value) => {
  tell?.();
  const word = Number(value);
  const mask = targetsOf(actor, word);
  const isListed = ((word >>> 24) & 3) === 0;
  const targets = vgic.vcpus.filter(({ index }) => ((mask >>> index) & 1) !== 0);
  const nobody = [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => isListed && (mask >>> bit) & 1 && bit >= vgic.vcpus.length);
  sendSgi(actor, { register: 'GICD_SGIR', value, sgi: word & 0xf, targets, nobody, reachesGroup1: true });
};

const readSources: Reader = ({ vgic, actor, intid, length }) => {
  let word = 0n;
  for (let i = 0; i < length; i++) word |= BigInt(vgic.lookup(actor, intid + i)?.source ?? 0) << BigInt(8 * i);
  return word;
};

const clearSources: Writer = (access, value) => {
  const { vgic, actor, intid, length } = access;
  access.tell?.();
  for (let i = 0; i < length; i++) {
    const sgi = vgic.lookup(actor, intid + i);
    if (sgi === undefined) continue;
    irq.change(access, sgi, 'sources', () => {
      sgi.source &= ~Number((value >> BigInt(8 * i)) & 0xffn);
      if (sgi.source === 0) sgi.latch = false;
    });
  }
};

const addSources: Writer = (access, value) => {
  const { vgic, actor, intid, length } = access;
  access.tell?.();
  for (let i = 0; i < length; i++) {
    const sgi = vgic.lookup(actor, intid + i);
    if (sgi === undefined) continue;
    irq.change(access, sgi, 'sources', () => {
      sgi.source |= Number((value >> BigInt(8 * i)) & 0xffn);
      if (sgi.source !== 0) sgi.latch = true;
    });
    if (sgi.source !== 0) queue(vgic, sgi);
  }
};

// --- the frame ----------------------------------------------------------------------------------------------------

/** SGI source registers: a byte per SGI, not checked against the number of interrupts. */
function perSgi(name: string, start: number, write: Writer): Block {
  return { name, start, length: 0x10, sizes: [1, 4], bits: 8, bounded: false, read: readSources, write };
}

export const DISTRIBUTOR_V2: MmioSpace = {
  name: 'GICD',
  table: 'GICD_V2',
  blocks: [
    {
      name: 'CTLR',
      start: 0,
      length: 0xc,
      sizes: [4],
      read: readControl,
      write: writeControl,
      userWrite: userWriteControl,
    },
    ...IRQ_REGISTERS.map(inDistributor),
    inDistributor({ name: 'ITARGETSR', start: 0x800, bits: 8, sizes: [1, 4], read: readTargets, write: writeTargets }),
    { name: 'SGIR', start: 0xf00, length: 4, sizes: [4], read: raz, write: writeSgir },
    perSgi('CPENDSGIR', 0xf10, clearSources),
    perSgi('SPENDSGIR', 0xf20, addSources),
  ],
};
