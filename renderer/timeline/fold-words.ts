/** What a line of folded lanes says: `14 quiet SGIs`, `30 quiet SGIs, PPIs`, `1 quiet, SGI 3`. Pure. */
import { type Lane } from '../../core/session/contract.ts';
import { grouped } from '../format/number.ts';

const TYPES = ['SGI', 'PPI', 'LPI', 'SPI'] as const;
const ORDER: readonly (typeof TYPES)[number][] = ['SGI', 'PPI', 'SPI', 'LPI'];

export function foldWords(lanes: readonly Lane[]): string {
  const [only] = lanes;
  if (lanes.length === 1 && only !== undefined) return `1 quiet, ${only.label}`;
  const found = new Set(lanes.map(({ intid }) => TYPES[((intid ?? 0) >>> 29) & 3]));
  const types = ORDER.filter((type) => found.has(type)).map((type) => `${type}s`);
  return `${grouped(lanes.length)} quiet ${types.join(', ')}`;
}
