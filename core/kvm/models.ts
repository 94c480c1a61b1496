/** The GIC models that a host may register, in the order of probing. A new model is one line here. */
import { type GicModel } from './gic-model.ts';
import { VGIC_V5 } from './v5/model.ts';
import { VGIC_V2 } from './v2/model.ts';
import { VGIC_V3 } from './v3/model.ts';

export const GIC_MODELS: readonly GicModel[] = [VGIC_V5, VGIC_V3, VGIC_V2];
