/** A machine's RAM as KVM reaches it: what KVM stores there is a change of the next event, like a guest's own store. */
import { type GuestMemory } from '../kvm/guest-memory.ts';
import { type Ram } from './a64/index.ts';

const word = (address: bigint, shift: bigint): number => Number((address >> shift) & 0xffff_ffffn);

export function ramMemory(ram: Ram): GuestMemory {
  const offsetOf = (address: bigint, bytes: number): number =>
    ram.offsetOf(word(address, 0n), word(address, 32n), bytes);
  return {
    load: (address, bytes) => {
      const offset = offsetOf(address, bytes);
      if (offset < 0) return undefined;
      return bytes === 8 ? ram.view.getBigUint64(offset, true) : BigInt(ram.view.getUint8(offset));
    },
    store: (address, bytes, value) => {
      if (offsetOf(address, bytes) < 0) return false;
      const data = new DataView(new ArrayBuffer(bytes));
      if (bytes === 8) data.setBigUint64(0, value, true);
      else data.setUint8(0, Number(value));
      ram.write(address, new Uint8Array(data.buffer));
      return true;
    },
    contains: (address) => offsetOf(address, 1) >= 0,
  };
}
