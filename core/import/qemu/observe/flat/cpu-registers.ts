/**
 * Accesses to GICv3 CPU interface, hypervisor and virtual interface registers that have no effect on an interrupt beyond
 * their value: an event each, and the last value per vCPU. `<b>` and `<c>` are the numbers in those fields of the line.
 *
 * The virtual interface is that of a guest inside the recorded machine; its interrupts are not the machine's own, so its
 * acknowledges and ends stay register accesses.
 */
import { registerByName, type Register } from '../../../../gic/registers.ts';
import { type SlotId } from '../../../../state/brand.ts';
import { encodingKey } from '../../attribution/operation.ts';
import { type Gicv3CpuEvent } from '../../events/gicv3.ts';
import { type TraceLine } from '../../trace-line.ts';
import { tellAccess, tellCandidate, tellSignals, VIRTUAL } from '../posted.ts';
import { type Meaning, type Scene } from '../scene.ts';

/** Registers whose last value soon says nothing about the present one, or which act and hold nothing. */
const MOMENTARY = /^IC[CHV]_(HPPIR|RPR|IAR|EOIR|DIR|NMIAR|MISR|EISR|ELRSR)/;

const found = new Map<string, Register | undefined>();

function lookUp(name: string): Register | undefined {
  if (!found.has(name)) found.set(name, MOMENTARY.test(name) ? undefined : registerByName(name, 'v3'));
  return found.get(name);
}

/** Names by pattern and the two numbers, which have few values. */
const names = new Map<string, string[]>();

function nameOf(pattern: string, { b, c }: TraceLine): string {
  if (!pattern.includes('<')) return pattern;
  const known = names.get(pattern) ?? [];
  names.set(pattern, known);
  return (known[b * 16 + c] ??= pattern.replace('<b>', String(b)).replace('<c>', String(c)));
}

/** The slot of a register, where it is kept; the virtual interface has slots of its own. */
function slotOf(scene: Scene, vcpu: number, name: string): SlotId | undefined {
  const register = lookUp(name);
  if (register?.encoding === undefined) return undefined;
  const { registers } = scene.vcpu(vcpu);
  const key = name.startsWith('ICV_') ? -encodingKey(...register.encoding) : encodingKey(...register.encoding);
  const known = registers.get(key);
  if (known !== undefined) return known;
  const arm = name.startsWith('ICV_') ? name : register.arm;
  const slot = scene.slots.claim({ path: `vcpu${vcpu}.${arm}`, width: register.width, register: register.name });
  registers.set(key, slot);
  return slot;
}

/** The low word of the last value; undefined when not known. */
export function lastValue(scene: Scene, vcpu: number, name: string): number | undefined {
  const encoding = vcpu < 0 ? undefined : lookUp(name)?.encoding;
  return encoding === undefined ? undefined : scene.vcpu(vcpu).register(encodingKey(...encoding));
}

function access(pattern: string, op: 'read' | 'write'): Meaning {
  return {
    prove: (line, vcpu, scene) => {
      vcpu.run.runs();
      const slot = slotOf(scene, vcpu.index, nameOf(pattern, line));
      if (slot !== undefined) scene.slots.set(slot, line.vLo, line.vHi);
    },
    tell: (line, vcpu, scene) => {
      tellAccess(line, vcpu, scene, nameOf(pattern, line), op, false, vcpu < 0 ? { affinity: line.a } : undefined);
    },
  };
}

const reads = (pattern: string): Meaning => access(pattern, 'read');
const writes = (pattern: string): Meaning => access(pattern, 'write');

/** What the virtual interface found best: a list register, which says the interrupt. */
const virtualCandidate: Meaning = {
  tell: (line, vcpu, scene) => {
    const found = line.b < 0 ? undefined : { 'list register': line.b, ...(vcpu < 0 ? { affinity: line.a } : {}) };
    tellCandidate(line, vcpu, scene, 'virtual CPU interface', undefined, line.e & 255, found);
  },
};

/** Signals to a guest inside the machine. */
const virtualSignals: Meaning = {
  tell: (line, vcpu, scene) => {
    tellSignals(line, vcpu, scene, line.c, line.b, 0, VIRTUAL);
  },
};

const maintenance: Meaning = {
  tell: (line, vcpu, scene) => {
    const value = BigInt(line.b & 1);
    scene.emit(line, vcpu, 'hardware', { kind: 'gic.setup', what: 'maintenance interrupt', value });
  },
};

export const cpuRegister = {
  gicv3_icc_pmr_read: reads('ICC_PMR_EL1'),
  gicv3_icc_pmr_write: writes('ICC_PMR_EL1'),
  gicv3_icc_bpr_read: reads('ICC_BPR<b>_EL1'),
  gicv3_icc_bpr_write: writes('ICC_BPR<b>_EL1'),
  gicv3_icc_ap_read: reads('ICC_AP<b>R<c>_EL1'),
  gicv3_icc_ap_write: writes('ICC_AP<b>R<c>_EL1'),
  gicv3_icc_igrpen_read: reads('ICC_IGRPEN<b>_EL1'),
  gicv3_icc_igrpen_write: writes('ICC_IGRPEN<b>_EL1'),
  gicv3_icc_igrpen1_el3_read: reads('ICC_IGRPEN1_EL3'),
  gicv3_icc_igrpen1_el3_write: writes('ICC_IGRPEN1_EL3'),
  gicv3_icc_ctlr_read: reads('ICC_CTLR_EL1'),
  gicv3_icc_ctlr_write: writes('ICC_CTLR_EL1'),
  gicv3_icc_ctlr_el3_read: reads('ICC_CTLR_EL3'),
  gicv3_icc_ctlr_el3_write: writes('ICC_CTLR_EL3'),
  gicv3_icc_hppir0_read: reads('ICC_HPPIR0_EL1'),
  gicv3_icc_hppir1_read: reads('ICC_HPPIR1_EL1'),
  gicv3_icc_rpr_read: reads('ICC_RPR_EL1'),
  gicv3_ich_ap_read: reads('ICH_AP<b>R<c>_EL2'),
  gicv3_ich_ap_write: writes('ICH_AP<b>R<c>_EL2'),
  gicv3_ich_hcr_read: reads('ICH_HCR_EL2'),
  gicv3_ich_hcr_write: writes('ICH_HCR_EL2'),
  gicv3_ich_vmcr_read: reads('ICH_VMCR_EL2'),
  gicv3_ich_vmcr_write: writes('ICH_VMCR_EL2'),
  gicv3_ich_lr_read: reads('ICH_LR<b>_EL2'),
  gicv3_ich_lr_write: writes('ICH_LR<b>_EL2'),
  gicv3_ich_lr32_read: reads('ICH_LR<b>'),
  gicv3_ich_lr32_write: writes('ICH_LR<b>'),
  gicv3_ich_lrc_read: reads('ICH_LRC<b>'),
  gicv3_ich_lrc_write: writes('ICH_LRC<b>'),
  gicv3_ich_vtr_read: reads('ICH_VTR_EL2'),
  gicv3_ich_misr_read: reads('ICH_MISR_EL2'),
  gicv3_ich_eisr_read: reads('ICH_EISR_EL2'),
  gicv3_ich_elrsr_read: reads('ICH_ELRSR_EL2'),
  gicv3_icv_ap_read: reads('ICV_AP<b>R<c>_EL1'),
  gicv3_icv_ap_write: writes('ICV_AP<b>R<c>_EL1'),
  gicv3_icv_bpr_read: reads('ICV_BPR<b>_EL1'),
  gicv3_icv_bpr_write: writes('ICV_BPR<b>_EL1'),
  gicv3_icv_pmr_read: reads('ICV_PMR_EL1'),
  gicv3_icv_pmr_write: writes('ICV_PMR_EL1'),
  gicv3_icv_igrpen_read: reads('ICV_IGRPEN<b>_EL1'),
  gicv3_icv_igrpen_write: writes('ICV_IGRPEN<b>_EL1'),
  gicv3_icv_ctlr_read: reads('ICV_CTLR_EL1'),
  gicv3_icv_ctlr_write: writes('ICV_CTLR_EL1'),
  gicv3_icv_rpr_read: reads('ICV_RPR_EL1'),
  gicv3_icv_hppir_read: reads('ICV_HPPIR<b>_EL1'),
  gicv3_icv_dir_write: writes('ICV_DIR_EL1'),
  gicv3_icv_iar_read: reads('ICV_IAR<b>_EL1'),
  gicv3_icv_nmiar1_read: reads('ICV_NMIAR1_EL1'),
  gicv3_icv_eoir_write: writes('ICV_EOIR<b>_EL1'),
  gicv3_cpuif_virt_update: virtualCandidate,
  gicv3_cpuif_virt_set_irqs: virtualSignals,
  gicv3_cpuif_virt_set_maint_irq: maintenance,
} as const satisfies Partial<Record<Gicv3CpuEvent, Meaning>>;
