/**
 * What a physical CPU has on a GICv5 host alone, as KVM uses it: the virtual CPU interface, the trap registers, and the
 * scratch words that live between flush and fold (kvm-vgic-v5 §1.5).
 */
import { CpuInterface } from '../gic/v5/cpu-interface.ts';
import { EDGE_PPIS } from '../gic/v5/ppi.ts';
import { type Cell, CellClaim } from '../state/cell.ts';
import { type TrapValues } from './gic-model.ts';
import { type Host } from './host.ts';
import { implementedPpis } from './host-facts.ts';

/** Trap registers while the host runs: the boot values (gicv5-registers §3.2). */
export const HOST_TRAPS: TrapValues = { read: 0x1f_00f7, write: 0x1e_0065, instruction: 0x7ff };

export class HostCpuV5 {
  readonly interface: CpuInterface;
  readonly hfgrtr: Cell;
  readonly hfgwtr: Cell;
  readonly hfgitr: Cell;
  /** En in bit 0, V3 in bit 1. */
  readonly vctlr: Cell;
  /** ICH_CONTEXTR_EL2: the resident virtual PE; not claimed where KVM does not use the IRS. */
  readonly context: Cell | undefined;
  readonly scratchPendr: Cell;
  readonly scratchActiver: Cell;

  constructor(host: Host, index: number) {
    const prefix = `pcpu${index}.`;
    const claim = new CellClaim(host.journal, prefix);
    const [extraLow, extraHigh] = host.facts.extraPpis ?? [0n, 0n];
    const implemented = implementedPpis(host.facts) | extraLow;
    this.interface = new CpuInterface(host.journal, prefix, {
      implemented: [implemented, extraHigh],
      level: [implemented & ~EDGE_PPIS, extraHigh],
      idr0: 0x40n | (host.facts.v3Compat ? 0x100n : 0n),
      iaffid: index,
      irs: host.usesIrs,
    });
    this.context = host.usesIrs ? claim.register('ICH_CONTEXTR_EL2') : undefined;
    const { read, write, instruction } = HOST_TRAPS;
    this.hfgrtr = claim.register('ICH_HFGRTR_EL2', BigInt(read));
    this.hfgwtr = claim.register('ICH_HFGWTR_EL2', BigInt(write));
    this.hfgitr = claim.register('ICH_HFGITR_EL2', BigInt(instruction));
    this.vctlr = claim.register('ICH_VCTLR_EL2', 1n);
    this.scratchPendr = claim.cell('scratch.pendr');
    this.scratchActiver = claim.cell('scratch.activerExit');
  }
}
