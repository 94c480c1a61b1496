/** The GICv3 distributor's registers as KVM decodes them (gicv3-registers, block map; kvm-vgic-v3 §10). */
import { EBUSY, EINVAL } from '../errno.ts';
import * as irq from '../vgic/irq-blocks.ts';
import { type Block, extract, type MmioSpace, raz, type Reader, wi, type Writer } from '../vgic/mmio.ts';
import { kickDeliverable } from '../vgic/queue.ts';
import { readIidr, writeRevision } from '../vgic/revision.ts';
import { NONE } from '../vgic/irq.ts';
import { hasIts } from './its/its-set.ts';

export const DIST_FRAME = 0x1_0000;
const CTLR_ARE_DS = 0x50n;
const CTLR_ENABLE = 2n;
/** IDbits, and LPIS: there are LPIs only with an ITS. */
const TYPER_WITH_LPIS = (15n << 19n) | (1n << 17n);
const TYPER_WITHOUT_LPIS = 9n << 19n;
/** PIDR2, relative to the block of identification registers at 0xFFD0. */
const PIDR2 = 0x18;
const ARCH_V3 = 0x3bn;

export const readIds: Reader = ({ offset }) => (offset === PIDR2 ? ARCH_V3 : 0n);

const readControl: Reader = (access) => {
  const { vgic } = access;
  switch (access.offset) {
    case 0:
      return CTLR_ARE_DS | (vgic.enabled.flag ? CTLR_ENABLE : 0n);
    case 4:
      return BigInt(((vgic.nrSpis.lo + 32) >>> 5) - 1) | (hasIts(vgic) ? TYPER_WITH_LPIS : TYPER_WITHOUT_LPIS);
    case 8:
      return readIidr(access);
    default:
      return 0n;
  }
};

const writeControl: Writer = ({ vgic, offset }, value) => {
  if (offset !== 0) return;
  const was = vgic.enabled.flag;
  vgic.enabled.flag = (value & CTLR_ENABLE) !== 0n;
  if (!was && vgic.enabled.flag) kickDeliverable(vgic);
};

/** IIDR and TYPER2 are validated, CTLR is only stored (§14.4). */
const userWriteControl: Writer = (access, value) => {
  const { vgic, offset } = access;
  if (offset === 0) vgic.enabled.flag = (value & CTLR_ENABLE) !== 0n;
  if (offset === 8) return writeRevision(access, value);
  // No host here has the GICv4.1 capability that TYPER2 could show.
  if (offset === 0xc && value !== 0n) return vgic.vm.initialized.flag ? -EBUSY : -EINVAL;
  return 0;
};

const readRouter: Reader = (access) => {
  const target = access.vgic.lookup(access.actor, access.intid);
  // The upper word reads 0.
  return target === undefined ? 0n : extract(BigInt(target.routing), access);
};

/** The low word alone counts (§6.3); nothing is queued or moved. */
const writeRouter: Writer = (access, value) => {
  const target = access.vgic.lookup(access.actor, access.intid);
  if (target === undefined || (access.offset & 7) !== 0) return;
  const affinity = Number(value & 0xff_ffffn);
  target.routing = affinity;
  target.target = access.vgic.vcpuByAffinity(affinity)?.index ?? NONE;
};

/** GICv3 keeps private interrupts in redistributors: here they are RAZ/WI. */
function shared(read: Reader): Reader {
  return (access) => (access.intid < 32 ? 0n : read(access));
}
function sharedWrite(write: Writer): Writer {
  return (access, value) => (access.intid < 32 ? 0 : write(access, value));
}

interface PerIrq {
  readonly name: string;
  readonly start: number;
  readonly bits: number;
  readonly sizes?: readonly number[];
  readonly read: Reader;
  readonly write: Writer;
  readonly userRead?: Reader;
  readonly userWrite?: Writer;
}

function perIrq({ read, write, userRead, userWrite, sizes = [4], ...row }: PerIrq): Block {
  return {
    ...row,
    sizes,
    length: row.bits * 128,
    read: shared(read),
    write: sharedWrite(write),
    userRead: shared(userRead ?? read),
    userWrite: sharedWrite(userWrite ?? write),
  };
}

export const DISTRIBUTOR_V3: MmioSpace = [
  {
    name: 'CTLR',
    start: 0,
    length: 0x10,
    sizes: [4],
    read: readControl,
    write: writeControl,
    userWrite: userWriteControl,
  },
  { name: 'STATUSR', start: 0x10, length: 4, sizes: [4], read: () => 0xffff_ffffn, write: wi },
  perIrq({ name: 'IGROUPR', start: 0x80, bits: 1, read: irq.readGroup, write: irq.writeGroup }),
  perIrq({
    name: 'ISENABLER',
    start: 0x100,
    bits: 1,
    read: irq.readEnable,
    write: irq.writeSetEnable,
    userWrite: irq.userSetEnable,
  }),
  perIrq({ name: 'ICENABLER', start: 0x180, bits: 1, read: irq.readEnable, write: irq.writeClearEnable }),
  perIrq({
    name: 'ISPENDR',
    start: 0x200,
    bits: 1,
    read: irq.readPending,
    write: irq.writeSetPending,
    userRead: irq.userReadPending,
    userWrite: irq.userReplacePending,
  }),
  perIrq({
    name: 'ICPENDR',
    start: 0x280,
    bits: 1,
    read: irq.readPending,
    write: irq.writeClearPending,
    userRead: raz,
    userWrite: wi,
  }),
  perIrq({
    name: 'ISACTIVER',
    start: 0x300,
    bits: 1,
    read: irq.readActive,
    write: irq.writeSetActive,
    userRead: irq.userReadActive,
    userWrite: irq.userSetActive,
  }),
  perIrq({
    name: 'ICACTIVER',
    start: 0x380,
    bits: 1,
    read: irq.readActive,
    write: irq.writeClearActive,
    userRead: irq.userReadActive,
    userWrite: irq.userClearActive,
  }),
  perIrq({
    name: 'IPRIORITYR',
    start: 0x400,
    bits: 8,
    sizes: [1, 4],
    read: irq.readPriority,
    write: irq.writePriority,
  }),
  perIrq({ name: 'ITARGETSR', start: 0x800, bits: 8, sizes: [1, 4], read: raz, write: wi }),
  perIrq({ name: 'ICFGR', start: 0xc00, bits: 2, read: irq.readConfig, write: irq.writeConfig }),
  perIrq({ name: 'IGRPMODR', start: 0xd00, bits: 1, read: raz, write: wi }),
  perIrq({ name: 'IROUTER', start: 0x6000, bits: 64, sizes: [4, 8], read: readRouter, write: writeRouter }),
  { name: 'IDREGS', start: 0xffd0, length: 0x30, sizes: [4], read: readIds, write: wi },
];
