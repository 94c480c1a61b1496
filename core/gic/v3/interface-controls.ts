/**
 * The control registers of a virtual CPU interface: ICH_HCR_EL2, and ICH_VMCR_EL2 as a guest sees it through
 * ICC_PMR_EL1, the binary points, the group enables and ICC_CTLR_EL1 (gicv3-registers; gicv3-behaviour §5.2, §5.3).
 */
import { type Cell, type CellClaim } from '../../state/cell.ts';
import { type InterfaceSize } from './interface-size.ts';
import {
  BPR0_SHIFT,
  BPR1_SHIFT,
  groupMaskOf,
  implementedVmcr,
  PMR_SHIFT,
  VMCR,
  vmcrBpr0,
  vmcrBpr1,
  vmcrPmr,
  withBit,
  withField,
} from './vmcr.ts';

export class InterfaceControls {
  readonly size: InterfaceSize;
  readonly hcr: Cell;
  /** ICC_SRE_EL1.SRE as the loaded guest sees it: 0 for a GICv2 guest. */
  readonly sre: Cell;
  readonly vmcr: Cell;

  constructor(claim: CellClaim, size: InterfaceSize) {
    this.size = size;
    this.hcr = claim.register('ICH_HCR_EL2');
    this.sre = claim.cell('ICC_SRE_EL1.SRE', 1, { initial: 1n });
    // Minimum binary points and VFIQEn: what an idle interface reads (gicv3-registers, ICH_VMCR_EL2).
    this.vmcr = claim.cell('ICH_VMCR_EL2', 64, {
      register: 'ICH_VMCR_V3_EL2',
      initial: BigInt(implementedVmcr(0, size, true)),
    });
  }

  writeVmcr(value: number): void {
    this.vmcr.set(implementedVmcr(value, this.size, this.sre.flag));
  }

  get pmr(): number {
    return vmcrPmr(this.vmcr.lo);
  }

  set pmr(value: number) {
    this.writeVmcr(withField(this.vmcr.lo, PMR_SHIFT, 0xff, value));
  }

  get bpr0(): number {
    return vmcrBpr0(this.vmcr.lo);
  }

  set bpr0(value: number) {
    this.writeVmcr(withField(this.vmcr.lo, BPR0_SHIFT, 7, value));
  }

  get bpr1(): number {
    return this.#isCommonBpr ? Math.min(this.bpr0 + 1, 7) : vmcrBpr1(this.vmcr.lo);
  }

  set bpr1(value: number) {
    if (!this.#isCommonBpr) this.writeVmcr(withField(this.vmcr.lo, BPR1_SHIFT, 7, value));
  }

  groupEnabled(group: 0 | 1): boolean {
    return (this.vmcr.lo & (group === 1 ? VMCR.ENG1 : VMCR.ENG0)) !== 0;
  }

  enableGroup(group: 0 | 1, on: boolean): void {
    this.writeVmcr(withBit(this.vmcr.lo, group === 1 ? VMCR.ENG1 : VMCR.ENG0, on));
  }

  /** ICC_CTLR_EL1: EOImode in bit 1, CBPR in bit 0, and what the implementation has. */
  get control(): number {
    const vmcr = this.vmcr.lo;
    const { priorityBits, idBits = 0, seis = false, aff3 = false } = this.size;
    const fixed = ((priorityBits - 1) << 8) | (idBits << 11) | (seis ? 1 << 14 : 0) | (aff3 ? 1 << 15 : 0);
    return fixed | ((vmcr & VMCR.EOIM) !== 0 ? 2 : 0) | ((vmcr & VMCR.CBPR) !== 0 ? 1 : 0);
  }

  set control(value: number) {
    const word = withBit(this.vmcr.lo, VMCR.EOIM, (value & 2) !== 0);
    this.writeVmcr(withBit(word, VMCR.CBPR, (value & 1) !== 0));
  }

  /** Group priority mask (§5.3). */
  groupMask(group: 0 | 1): number {
    return groupMaskOf(this.vmcr.lo, group);
  }

  get #isCommonBpr(): boolean {
    return (this.vmcr.lo & VMCR.CBPR) !== 0;
  }
}
