/** What the GICv3's frames have in common: their sizes, identification, registers with a field per interrupt. */
import * as irq from '../vgic/irq-blocks.ts';
import { irqRegisters } from '../vgic/irq-registers.ts';
import { raz, type Reader, wi } from '../vgic/mmio.ts';

export const DIST_FRAME = 0x1_0000;
export const REDIST_FRAME = 0x2_0000;

/** PIDR2, relative to the block of identification registers at 0xFFD0. */
const PIDR2 = 0x18;
const ARCH_V3 = 0x3bn;

export const readIds: Reader = ({ offset }) => (offset === PIDR2 ? ARCH_V3 : 0n);

/** Userspace writes the latches of 32 interrupts as a whole (kvm-vgic-v3 §10.4). */
export const IRQ_REGISTERS_V3 = irqRegisters({
  ISPENDR: { userWrite: irq.userReplacePending },
  ICPENDR: { userRead: raz, userWrite: wi },
});
