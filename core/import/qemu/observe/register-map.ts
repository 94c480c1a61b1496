/** Encodings of the GICv5 registers that the observer takes apart, found in the register tables by name. */
import { registerByName } from '../../../gic/registers.ts';
import { encodingKey } from '../attribution/operation.ts';

function keyOf(name: string): number {
  const encoding = registerByName(name, 'v5')?.encoding;
  if (encoding === undefined) throw new RangeError(`the register tables have no ${name}`);
  return encodingKey(...encoding);
}

function array(pattern: string, count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => keyOf(pattern.replace('<n>', String(n))));
}

export const ICC_CR0 = keyOf('ICC_CR0_EL1');
export const ICC_PCR = keyOf('ICC_PCR_EL1');
export const ICC_ICSR = keyOf('ICC_ICSR_EL1');
export const ENABLER = array('ICC_PPI_ENABLER<n>_EL1', 2);
export const HMR = array('ICC_PPI_HMR<n>_EL1', 2);
export const PRIORITYR = array('ICC_PPI_PRIORITYR<n>_EL1', 16);
