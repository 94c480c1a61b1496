/**
 * The GICv2 CPU interface as userspace reaches it (gicv3-registers, GICC): KVM keeps it in VMCR and the active
 * priority words. A guest's page goes to hardware, except DIR in the second page, which traps.
 */
import {
  BPR0_SHIFT,
  BPR1_SHIFT,
  PMR_SHIFT,
  VMCR,
  vmcrBpr0,
  vmcrBpr1,
  vmcrPmr,
  withBit,
  withField,
} from '../../gic/v3/vmcr.ts';
import { type Block, type MmioSpace, raz, type Reader, wi, type Writer } from '../vgic/mmio.ts';
import { emulateDir } from '../vgic/dir.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';

export const CPU_FRAME_V2 = 0x2000;
export const IIDR_V2 = 0x04b2_043bn;
/** GICC_CTLR bit by VMCR bit: the two agree in all that KVM keeps. */
export const CTLR_BITS = [VMCR.ENG0, VMCR.ENG1, VMCR.ACKCTL, VMCR.FIQEN, VMCR.CBPR, VMCR.EOIM];
/** The mask register holds bits 7:3 of the priority mask. */
const PMR_LOST = 3;

const readCtlr: Reader = ({ actor }) => BigInt(CTLR_BITS.reduce((word, bit) => word | (actor.vmcr.lo & bit), 0));

const writeCtlr: Writer = ({ actor }, value) => {
  let word = actor.vmcr.lo;
  for (const bit of CTLR_BITS) word = withBit(word, bit, (Number(value) & bit) !== 0);
  actor.vmcr.set(word);
};

function field(read: (vmcr: number) => number, shift: number, mask: number, lost = 0): Pick<Block, 'read' | 'write'> {
  return {
    read: ({ actor }) => BigInt(read(actor.vmcr.lo) >>> lost),
    write: ({ actor }, value) =>
      actor.vmcr.set(withField(actor.vmcr.lo, shift, mask, (Number(value & BigInt(mask >>> lost)) << lost) >>> 0)),
  };
}

/** Active priorities: only those that the priority bits imply exist. */
function activeWords(self: VgicVcpu): number {
  return self.priorityBits.lo === 7 ? 4 : self.priorityBits.lo === 6 ? 2 : 1;
}

const readApr: Reader = ({ actor, offset }) => {
  const n = (offset >>> 2) & 3;
  return n < activeWords(actor) ? BigInt(actor.ap1r[n]?.lo ?? 0) : 0n;
};

const writeApr: Writer = ({ actor, offset }, value) => {
  const n = (offset >>> 2) & 3;
  if (n < activeWords(actor)) actor.ap1r[n]?.set(Number(value & 0xffff_ffffn));
};

function word(name: string, start: number, access: Pick<Block, 'read' | 'write'>, length = 4): Block {
  return { name, start, length, sizes: [4], ...access };
}

export const CPU_INTERFACE_V2: MmioSpace = {
  name: 'GICC',
  table: 'GICC',
  blocks: [
    word('CTLR', 0, { read: readCtlr, write: writeCtlr }),
    word('PMR', 4, field(vmcrPmr, PMR_SHIFT, 0xff, PMR_LOST)),
    word('BPR', 8, field(vmcrBpr0, BPR0_SHIFT, 7)),
    word('ABPR', 0x1c, field(vmcrBpr1, BPR1_SHIFT, 7)),
    word('APR', 0xd0, { read: readApr, write: writeApr }, 0x10),
    word('IIDR', 0xfc, { read: () => IIDR_V2, write: wi }),
    {
      name: 'DIR',
      start: 0x1000,
      length: 4,
      sizes: [4],
      read: raz,
      write: ({ actor }, value) => emulateDir(actor, Number(value)),
      userWrite: wi,
    },
  ],
};
