/** One redistributor's registers as KVM decodes them (gicv3-registers, block map). LPIs exist only with an ITS. */
import { extract, update } from '../../gic/wide.ts';
import { FIRST_SPI } from '../vgic/irq.ts';
import { type IrqRegister } from '../vgic/irq-registers.ts';
import { type Block, type MmioSpace, raz, type Reader, wi, type Writer } from '../vgic/mmio.ts';
import { IIDR_BASE } from '../vgic/revision.ts';
import { IRQ_REGISTERS_V3, readIds } from './frames.ts';
import { hasIts, itsesOf } from './its/its-set.ts';
import { sanitisePendbaser, sanitisePropbaser, visiblePendbaser } from './lpi-bases.ts';
import { disableLpis, enableLpis, lpisEnabled, readConfiguration, readConfigurations } from './lpi-tables.ts';
import { isLast } from './regions.ts';

const SGI_BASE = 0x1_0000;
/** IR and CES, shown by implementation revisions from 3 on. */
const CTLR_IR_CES = 6n;
const TYPER_LAST = 0x10n;
const TYPER_PLPIS = 1n;

const readCtlr: Reader = ({ vgic, actor }) => BigInt(actor.gicrCtlr.lo) | (vgic.implRev.lo >= 3 ? CTLR_IR_CES : 0n);
const writeCtlr: Writer = ({ vgic, actor, tell }, value) => {
  const on = (value & 1n) !== 0n;
  if (!hasIts(vgic) || on === lpisEnabled(actor)) return;
  tell?.();
  if (on) enableLpis(actor);
  else disableLpis(actor, () => itsesOf(vgic).dropCaches());
};

const readTyper: Reader = (access) => {
  const { actor } = access;
  // Aff3 is not shown.
  const typer =
    ((actor.affinity & 0xff_ffffn) << 32n) |
    (BigInt(actor.vcpu.id & 0xffff) << 8n) |
    (isLast(actor) ? TYPER_LAST : 0n) |
    (hasIts(access.vgic) ? TYPER_PLPIS : 0n);
  return extract(typer, access);
};

const readPropbaser: Reader = (access) => extract(access.vgic.propbaser.value, access);
/** The tables' addresses are fixed while this vCPU's LPIs are enabled. */
const writePropbaser: Writer = (access, value) => {
  if (lpisEnabled(access.actor)) return;
  const { propbaser } = access.vgic;
  propbaser.value = sanitisePropbaser(update(propbaser.value, access, value));
};
const readPendbaser: Reader = (access) => extract(visiblePendbaser(access.actor.pendbaser.value), access);
const writePendbaser: Writer = (access, value) => {
  if (lpisEnabled(access.actor)) return;
  const { pendbaser } = access.actor;
  pendbaser.value = sanitisePendbaser(update(pendbaser.value, access, value));
};

/** A row in the page of SGIs and PPIs, which all exist. */
function inSgiPage({ sizes = [4], ...row }: IrqRegister): Block {
  return { ...row, sizes, start: row.start + SGI_BASE, length: (row.bits * FIRST_SPI) / 8, bounded: false };
}

const INERT = { read: raz, write: wi };

/** One LPI's configuration is read again, whichever vCPU it targets; a write of the upper word alone is dropped. */
const writeInvlpir: Writer = ({ vgic, actor, offset, tell }, value) => {
  if ((offset & 4) !== 0 || !lpisEnabled(actor)) return;
  tell?.();
  const lpi = vgic.lpis.find(Number(value & 0xffff_ffffn));
  if (lpi !== undefined) readConfiguration(vgic, lpi);
};
const writeInvallr: Writer = ({ actor, offset, tell }) => {
  if ((offset & 4) !== 0 || !lpisEnabled(actor)) return;
  tell?.();
  readConfigurations(actor);
};

/**
 * STATUSR at 0x10 is missing on purpose: the kernel's look-up never finds it ("Points settled", 4), so a guest reads 0
 * and the query says ENXIO.
 */
export const REDISTRIBUTOR: MmioSpace = {
  name: 'GICR',
  table: 'GICR',
  blocks: [
    { name: 'CTLR', start: 0, length: 4, sizes: [4], read: readCtlr, write: writeCtlr },
    { name: 'IIDR', start: 4, length: 4, sizes: [4], read: () => IIDR_BASE, write: wi },
    { name: 'TYPER', start: 8, length: 8, sizes: [4, 8], read: readTyper, write: wi },
    { name: 'WAKER', start: 0x14, length: 4, sizes: [4], ...INERT },
    { name: 'PROPBASER', start: 0x70, length: 8, sizes: [4, 8], read: readPropbaser, write: writePropbaser },
    { name: 'PENDBASER', start: 0x78, length: 8, sizes: [4, 8], read: readPendbaser, write: writePendbaser },
    { name: 'INVLPIR', start: 0xa0, length: 8, sizes: [4, 8], read: raz, write: writeInvlpir },
    { name: 'INVALLR', start: 0xb0, length: 8, sizes: [4, 8], read: raz, write: writeInvallr },
    { name: 'SYNCR', start: 0xc0, length: 4, sizes: [4], ...INERT },
    { name: 'IDREGS', start: 0xffd0, length: 0x30, sizes: [4], read: readIds, write: wi },
    ...IRQ_REGISTERS_V3.map(inSgiPage),
    { name: 'IGRPMODR0', start: SGI_BASE + 0xd00, length: 4, sizes: [4], ...INERT },
    { name: 'NSACR', start: SGI_BASE + 0xe00, length: 4, sizes: [4], ...INERT },
  ],
};
