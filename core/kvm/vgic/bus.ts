/** A guest's memory access to the frames of the GIC (kvm-vgic-v3 §10.1): which frame answers, then dispatch. */
import { offsetIn } from '../frame.ts';
import { type MmioRefusal } from '../events.ts';
import { type Vcpu } from '../vcpu.ts';
import { type FrameHit } from './flavour.ts';
import { blockOrRefusal, mmioRead, mmioWrite, type Where } from './mmio.ts';
import { type VgicVcpu } from './vcpu-state.ts';
import { type VgicVm, vgicOf } from './vm-state.ts';

const WORD = 4;
const WIDE = 8;

/** The frame that answers at this address; undefined: none. */
export function frameAt(vgic: VgicVm, address: bigint, length: number): FrameHit | undefined {
  const { flavour } = vgic;
  const offset = vgic.distMapped.flag
    ? offsetIn(vgic.distBase.value, flavour.distributorFrame, address, length)
    : undefined;
  if (offset !== undefined) return { space: flavour.distributor, offset, owner: undefined };
  return flavour.otherFrame(vgic, address, length);
}

/**
 * The access of `vcpu`, which is outside the guest; undefined: no frame is there. A write returns 0. `tell` is called when
 * it is to be told of, if that is before its end, and of an access that is not executed with the reason.
 */
export function guestAccess(
  vcpu: Vcpu,
  address: bigint,
  length: number,
  data: bigint | undefined,
  tell: (refused?: MmioRefusal) => void = () => {},
): bigint | undefined {
  const vgic = vgicOf(vcpu.vm);
  const self: VgicVcpu = vgic.attach(vcpu);
  const hit = frameAt(vgic, address, length);
  if (hit === undefined) return undefined;
  vgic.executing = self;
  const where: Where = {
    vgic,
    space: hit.space,
    actor: hit.owner ?? self,
    requester: self,
    offset: hit.offset,
    length,
    tell,
  };
  if (length === WIDE && vgic.behaviour.wideAccesses === 'halves') return halves(where, data);
  const found = blockOrRefusal(vgic, hit.space, hit.offset, length);
  if (typeof found === 'string') tell(found);
  if (data === undefined) return mmioRead(where);
  mmioWrite(where, data);
  return 0n;
}

/** A 64-bit access as two of 32 bits, the high word first, joined little-endian (kvm-vgic-v3 §1). */
function halves(where: Where, data: bigint | undefined): bigint {
  const half = (upper: boolean): bigint => {
    const word: Where = { ...where, offset: where.offset + (upper ? WORD : 0), length: WORD };
    const value = data === undefined ? mmioRead(word) : BigInt.asUintN(32, upper ? data >> 32n : data);
    if (data !== undefined) mmioWrite(word, value);
    const direction = data === undefined ? 'read' : 'write';
    where.requester?.vcpu.emit({ kind: 'mmio.half', offset: word.offset, direction, value });
    return value;
  };
  const high = half(true);
  const low = half(false);
  return data === undefined ? (high << 32n) | low : 0n;
}
