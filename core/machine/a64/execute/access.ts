/**
 * The access of a load or store of one general register without writeback, from its word: what a hypervisor gets in
 * a data abort's syndrome (ISS.ISV 1). Other loads and stores (pairs, writeback, exclusives) have none.
 */
import { type DataAccess } from './exception.ts';

export function accessOf(word: number): DataAccess | undefined {
  const size = 1 << (word >>> 30);
  const register = word & 31;
  const opc = (word >>> 22) & 3;
  if (hasImmediateOrRegisterOffset(word)) {
    return { isWrite: opc === 0, size, register, isSigned: opc >= 2, is64: opc === 2 || (opc < 2 && size === 8) };
  }
  // Load-acquire and store-release: o2 = 1.
  if ((word & 0x3fa0_0000) >>> 0 === 0x0880_0000)
    return { isWrite: (opc & 1) === 0, size, register, isSigned: false, is64: size === 8 };
  // Literal loads: 32-bit, 64-bit, signed word.
  if ((word & 0x3f00_0000) === 0x1800_0000 && word >>> 30 !== 3) {
    const is64 = word >>> 30 !== 0;
    return { isWrite: false, size: word >>> 30 === 1 ? 8 : 4, register, isSigned: word >>> 30 === 2, is64 };
  }
  return undefined;
}

function hasImmediateOrRegisterOffset(word: number): boolean {
  if ((word & 0x3f00_0000) === 0x3900_0000) return true;
  if ((word & 0x3f00_0000) !== 0x3800_0000) return false;
  const mode = (word >>> 10) & 3;
  return ((word >>> 21) & 1) === 1 ? mode === 2 : mode === 0 || mode === 2;
}
