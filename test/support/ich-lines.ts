/** Lines of a QEMU log about a hypervisor's GICv3 registers on CPU 0, and whole world switches of KVM. */

const DEVICE_EVENTS: Readonly<Record<string, string>> = {
  ICH_HCR_EL2: 'ich_hcr',
  ICH_VMCR_EL2: 'ich_vmcr',
  ICH_MISR: 'ich_misr',
  ICH_ELRSR: 'ich_elrsr',
  ICH_AP0R0: 'ich_ap',
  ICH_AP1R0: 'ich_ap',
};

/** As the device prints it: AP, MISR and ELRSR without `_EL2`. `value` is hexadecimal. */
export function ich(op: 'read' | 'write', register: string, value: string): string {
  const event = DEVICE_EVENTS[register] ?? 'ich_lr';
  return `gicv3_${event}_${op} GICv3 ${register} ${op} cpu 0x0 value 0x${value}`;
}

export const iar = (value: string): string => `gicv3_icv_iar_read GICv3 ICV_IAR1 read cpu 0x0 value 0x${value}`;
export const eoir = (value: string): string => `gicv3_icv_eoir_write GICv3 ICV_EOIR1 write cpu 0x0 value 0x${value}`;

/** A vCPU is scheduled in: group 1 enabled, mask 0xF8. */
export const load = (ap1 = '0', vmcr = 'f84c000a'): string[] => [
  ich('write', 'ICH_VMCR_EL2', vmcr),
  ich('write', 'ICH_AP0R0', '0'),
  ich('write', 'ICH_AP1R0', ap1),
];

/** A vCPU is scheduled out. */
export const put = (ap1 = '0'): string[] => [ich('read', 'ICH_AP0R0', '0'), ich('read', 'ICH_AP1R0', ap1)];

/** A guest is entered with these list registers. */
export const enter = (hcr: string, ...lrs: readonly string[]): string[] => [
  ich('write', 'ICH_HCR_EL2', hcr),
  ...lrs.map((value, n) => ich('write', `ICH_LR${n}_EL2`, value)),
];

/** It leaves, with these list registers read back; `hcr`: EOIcount is asked for. */
export const leave = (lrs: readonly string[] = [], hcr?: string, vmcr = 'f84c000a'): string[] => [
  ...lrs.flatMap((value, n) => [ich('read', `ICH_LR${n}_EL2`, value), ich('write', `ICH_LR${n}_EL2`, '0')]),
  ich('read', 'ICH_VMCR_EL2', vmcr),
  ...(hcr === undefined ? [] : [ich('read', 'ICH_HCR_EL2', hcr)]),
  ich('write', 'ICH_HCR_EL2', '0'),
];
