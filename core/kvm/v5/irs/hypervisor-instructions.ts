/**
 * GIC instructions of EL2 on a physical CPU of the host (gicv5-spi-lpi-behaviour §4). KVM's own uses of VDPEND and VDRCFG
 * are in inject-spi.ts and ap-list.ts; this is what any hypervisor could execute there.
 *
 * VDRCFG gives the word of ICC_ICSR_EL1 and leaves the register alone: it belongs to the guest that is loaded.
 */
import { icsrOf } from '../../../gic/v5/irs/iste.ts';
import { intidOfOperand } from '../../../gic/v5/irs/operations.ts';
import { decodeVdPend, virtualOperation } from '../../../gic/v5/irs/virtual-instructions.ts';
import { type HostCpu } from '../../host-cpu.ts';
import { type HostIrs } from './host-irs.ts';

/**
 * Executes `name` (`GIC VDEN` …) with the operand Xt. Gives what ICC_ICSR_EL1 would hold after VDRCFG, 0 otherwise. An
 * instruction that finds no VM or no entry has no effect, and is told.
 * @throws RangeError when EL2 has no such GIC instruction.
 */
export function executeAtEl2(irs: HostIrs, cpu: HostCpu, name: string, operand: bigint): bigint {
  const place = cpu.place();
  const emit = irs.host.emit;
  if (name === 'GIC VDPEND') {
    const { vmId, intid } = decodeVdPend(operand);
    if (!irs.vdpend(operand, place)) emit?.({ kind: 'gic.vdpend.ignored', vmId, intid }, place);
    return 0n;
  }
  const lo = Number(operand & 0xffff_ffffn);
  // The domain of the VPE that is resident here, if one is.
  const { domain } = cpu.interface;
  if (name === 'GIC VDRCFG') {
    const icsr = icsrOf(domain?.word(intidOfOperand(lo)));
    emit?.({ kind: 'gic.vdrcfg', intid: intidOfOperand(lo), icsr }, place);
    return icsr;
  }
  const operation = virtualOperation(name);
  if (operation === undefined) throw new RangeError(`EL2 has no GIC instruction "${name}"`);
  const performed = domain?.perform(operation, lo, Number((operand >> 32n) & 0xffff_ffffn)) ?? false;
  emit?.({ kind: 'gic.vd', instruction: name, operand, performed }, place);
  return 0n;
}
