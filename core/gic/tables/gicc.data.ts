/** GICv2 CPU interface. KVM emulates it for userspace only; guests see the hardware's (gicv3-registers "GICC"). */
import { type Table } from './row.ts';

export const GICC: Table = {
  model: 'v2',
  clause: 'gicv3-registers GICC',
  rows: [
    { name: 'GICC_CTLR', space: 'GICC', at: 0x0, width: 32, access: 'RW', sizes: [4], fields: [['EOImodeNS', 9, 9, '0: EOIR drops priority and deactivates. 1: EOIR drops priority only, DIR deactivates.', ['EOIR deactivates', 'DIR deactivates']], ['CBPR', 4, 4, '1: BPR governs both groups.'], ['FIQEn', 3, 3, 'Group 0 is signalled as FIQ.'], ['AckCtl', 2, 2, 'IAR acknowledges group 1 interrupts too.'], ['EnableGrp1', 1, 1, 'Group 1 enable.', ['disabled', 'enabled']], ['EnableGrp0', 0, 0, 'Group 0 enable.', ['disabled', 'enabled']]] },
    { name: 'GICC_PMR', space: 'GICC', at: 0x4, width: 32, access: 'RW', sizes: [4], fields: [['Priority', 7, 0, 'Priority mask: only a strictly lower priority value is signalled.']], notes: 'Userspace of KVM sees the priority mask shifted right by 3: a mask of 0xF0 reads as 0x1E.' },
    { name: 'GICC_BPR', space: 'GICC', at: 0x8, width: 32, access: 'RW', sizes: [4], fields: [['Binary_Point', 2, 0, 'Binary point, group 0.']] },
    { name: 'GICC_IAR', space: 'GICC', at: 0xc, width: 32, access: 'RO', sizes: [4], fields: [['CPUID', 12, 10, 'Source CPU of an SGI.'], ['INTID', 9, 0, 'Acknowledged interrupt, 1023 = none.', 'intid']], notes: 'KVM: not in the userspace map, reads 0.' },
    { name: 'GICC_EOIR', space: 'GICC', at: 0x10, width: 32, access: 'WO', sizes: [4], fields: [['CPUID', 12, 10, 'Source CPU of an SGI, as read from IAR.'], ['INTID', 9, 0, 'Interrupt whose handling ends.', 'intid']] },
    { name: 'GICC_RPR', space: 'GICC', at: 0x14, width: 32, access: 'RO', sizes: [4], reset: 0xffn, fields: [['Priority', 7, 0, 'Running priority, 0xFF = idle.', 'idle255']] },
    { name: 'GICC_HPPIR', space: 'GICC', at: 0x18, width: 32, access: 'RO', sizes: [4], fields: [['CPUID', 12, 10, 'Source CPU of an SGI.'], ['INTID', 9, 0, 'Highest priority pending interrupt, 1023 = none.', 'intid']] },
    { name: 'GICC_ABPR', space: 'GICC', at: 0x1c, width: 32, access: 'RW', sizes: [4], fields: [['Binary_Point', 2, 0, 'Binary point, group 1.']] },
    { name: 'GICC_AIAR', space: 'GICC', at: 0x20, width: 32, access: 'RO', sizes: [4], fields: [['CPUID', 12, 10, 'Source CPU of an SGI.'], ['INTID', 9, 0, 'Acknowledged group 1 interrupt, 1023 = none.', 'intid']] },
    { name: 'GICC_AEOIR', space: 'GICC', at: 0x24, width: 32, access: 'WO', sizes: [4], fields: [['CPUID', 12, 10, 'Source CPU of an SGI, as read from AIAR.'], ['INTID', 9, 0, 'Group 1 interrupt whose handling ends.', 'intid']] },
    { name: 'GICC_AHPPIR', space: 'GICC', at: 0x28, width: 32, access: 'RO', sizes: [4], fields: [['CPUID', 12, 10, 'Source CPU of an SGI.'], ['INTID', 9, 0, 'Highest priority pending group 1 interrupt, 1023 = none.', 'intid']] },
    { name: 'GICC_APR<n>', space: 'GICC', at: 0xd0, count: 4, stride: 4, width: 32, access: 'RW', sizes: [4], fields: [{ each: 'P<x>', count: 32, width: 1, step: 1, is: 'An interrupt is active at preemption level <item>.' }] },
    { name: 'GICC_NSAPR<n>', space: 'GICC', at: 0xe0, count: 4, stride: 4, width: 32, access: 'RW', sizes: [4], fields: [{ each: 'P<x>', count: 32, width: 1, step: 1, is: 'A group 1 interrupt is active at preemption level <item>.' }] },
    { name: 'GICC_IIDR', space: 'GICC', at: 0xfc, width: 32, access: 'RO', sizes: [4], fields: [['ProductID', 31, 20, 'Product. KVM 0x04B.'], ['Architecture_version', 19, 16, 'Architecture. KVM 2 = GICv2.'], ['Revision', 15, 12, 'Revision. KVM 0.'], ['Implementer', 11, 0, 'JEP106 code of the implementer. KVM 0x43B (Arm).']], reset: 0x4b2043bn, notes: 'KVM: writes ignored.' },
    { name: 'GICC_DIR', space: 'GICC', at: 0x1000, width: 32, access: 'WO', sizes: [4], fields: [['CPUID', 12, 10, 'Source CPU of an SGI.'], ['INTID', 9, 0, 'Interrupt to deactivate.', 'intid']], notes: 'KVM: a guest write is trapped and deactivates; RAZ/WI for userspace.' },
  ],
};
