/** The GICv3 distributor's registers as KVM decodes them (gicv3-registers, block map; kvm-vgic-v3 §10). */
import { extract } from '../../gic/wide.ts';
import { EBUSY, EINVAL } from '../errno.ts';
import { tellWritten } from '../vgic/irq-blocks.ts';
import { inDistributor, type IrqRegister } from '../vgic/irq-registers.ts';
import { type Block, type MmioSpace, raz, type Reader, wi, type Writer } from '../vgic/mmio.ts';
import { kickDeliverable, tellIfUnqueued, tellUnqueued } from '../vgic/queue.ts';
import { readIidr, writeRevision } from '../vgic/revision.ts';
import { NONE } from '../vgic/irq.ts';
import { IRQ_REGISTERS_V3, readIds } from './frames.ts';
import { hasIts } from './its/its-set.ts';

const CTLR_ARE_DS = 0x50n;
const CTLR_ENABLE = 2n;
/** IDbits, and LPIS: there are LPIs only with an ITS. */
const TYPER_WITH_LPIS = (15n << 19n) | (1n << 17n);
const TYPER_WITHOUT_LPIS = 9n << 19n;

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

const writeControl: Writer = ({ vgic, offset, tell }, value) => {
  if (offset !== 0) return;
  const was = vgic.enabled.flag;
  vgic.enabled.flag = (value & CTLR_ENABLE) !== 0n;
  tell?.();
  if (!was && vgic.enabled.flag) kickDeliverable(vgic);
};

/** IIDR and TYPER2 are validated, CTLR is only stored (§14.4). */
const userWriteControl: Writer = (access, value) => {
  const { vgic, offset, tell } = access;
  if (offset === 0) {
    const was = vgic.enabled.flag;
    vgic.enabled.flag = (value & CTLR_ENABLE) !== 0n;
    tell?.();
    if (!was && vgic.enabled.flag) tellUnqueued(vgic);
  }
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
  access.tell?.();
  const affinity = Number(value & 0xff_ffffn);
  const before = target.routing;
  target.routing = affinity;
  target.target = access.vgic.vcpuByAffinity(affinity)?.index ?? NONE;
  tellWritten(access, target, 'target', before, affinity);
  tellIfUnqueued(access.vgic, target);
};

/** GICv3 keeps private interrupts in redistributors: here they are RAZ/WI. */
function shared(read: Reader): Reader {
  return (access) => (access.intid < 32 ? 0n : read(access));
}
function sharedWrite(write: Writer): Writer {
  return (access, value) => (access.intid < 32 ? 0 : write(access, value));
}

function perSpi(row: IrqRegister): Block {
  const { read, write, userRead = read, userWrite = write } = row;
  return inDistributor({
    ...row,
    read: shared(read),
    write: sharedWrite(write),
    userRead: shared(userRead),
    userWrite: sharedWrite(userWrite),
  });
}

export const DISTRIBUTOR_V3: MmioSpace = {
  name: 'GICD',
  table: 'GICD',
  blocks: [
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
    ...IRQ_REGISTERS_V3.map(perSpi),
    perSpi({ name: 'ITARGETSR', start: 0x800, bits: 8, sizes: [1, 4], read: raz, write: wi }),
    perSpi({ name: 'IGRPMODR', start: 0xd00, bits: 1, read: raz, write: wi }),
    perSpi({ name: 'IROUTER', start: 0x6000, bits: 64, sizes: [4, 8], read: readRouter, write: writeRouter }),
    { name: 'IDREGS', start: 0xffd0, length: 0x30, sizes: [4], read: readIds, write: wi },
  ],
};
