/** All register tables, in the order in which names are listed; where two models share an encoding the first wins. */
import { CORE } from './core.data.ts';
import { GICC } from './gicc.data.ts';
import { type Table } from './row.ts';
import { V2 } from './v2.data.ts';
import { V3 } from './v3.data.ts';
import { V5_CPUIF } from './v5-cpuif.data.ts';
import { V5_IRS } from './v5-irs.data.ts';

export const TABLES: readonly Table[] = [V5_CPUIF, V5_IRS, V3, V2, GICC, CORE];
