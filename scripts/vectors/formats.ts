/** The vector formats that can be played. A new one is one line here. */
import { type VectorFormat } from './format.ts';
import { V3_V2 } from './v3-v2.ts';
import { V5_IRS } from './v5-irs.ts';
import { V5_PPI } from './v5-ppi.ts';

export const FORMATS: readonly VectorFormat[] = [V5_PPI, V5_IRS, V3_V2];
