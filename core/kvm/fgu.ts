/** Whether a VM's trap-to-UNDEF set is computed, and if so whether GICv5 was visible then (kvm-vgic-v5 §9.2). */
export const FGU = ['not computed', 'GICv5 visible', 'GICv5 hidden'] as const;
export const FGU_VISIBLE = 1;
export const FGU_HIDDEN = 2;
