/**
 * Where the GIC's register frames are. A recording does not say; a device tree or the user may (machine.ts), and then
 * nothing is inferred. Else only the guest's own accesses tell, and only these patterns are taken as proof
 * (trace-import-formats §4.2, gicv3-registers "Memory frames"):
 * - a read of offset 0xffe8 of a 64 KiB frame whose value's bits 7:4, ArchRev, are 3 or 4 (GICD_PIDR2 or GICR_PIDR2);
 *   the first such frame is the distributor's, since software must know its version before it looks for redistributors;
 * - a 4-byte read at offset 4 and then a write of all ones at 0x84 of the same frame (GICD_TYPER, GICD_IGROUPR1).
 * - a 4-byte read at offset 4 and then one at 0x800 whose bytes all name the same single CPU (GICv2: GICD_ITARGETSR0 of
 *   the private interrupts; 0 with GICv3's affinity routing).
 * A redistributor is a frame above it with an access to offset 0x14 (GICR_WAKER), which has shown PIDR2 or a 64-bit
 * read at 8 (GICR_TYPER) before, or whose next frame gets a write of all ones at 0x80 (GICR_IGROUPR0). The ITS has the
 * former and a clock chip may have an 0x14; only together they are proof. Earlier accesses keep their plain addresses.
 */
import { type Frame, nameAt } from '../../gic/registers.ts';
import { type GicModel } from '../../trace/sink.ts';
import { framesText, type Machine, placeOf } from '../machine/machine.ts';

const FRAME = 0x1_0000n;
const PIDR2 = 0xffe8;
const MOST_REDISTRIBUTORS = 512;
const REDISTRIBUTORS_SPAN = 0x400_0000n;
const ALL_ONES = 0xffff_ffffn;

export interface Access {
  readonly isWrite: boolean;
  readonly size: number;
  readonly address: bigint;
  readonly value: bigint;
}

export interface Named {
  readonly register: string;
  readonly offset: bigint;
  /** Of redistributors whose place in their frame is known. */
  readonly redistributor?: number;
}

export class Frames {
  model: GicModel | undefined;
  because = '';
  readonly #machine: Machine | undefined;
  #distributor: bigint | undefined;
  #typerRead: bigint | undefined;
  readonly #redistributors = new Set<bigint>();
  /** Frames that showed an identification or GICR_TYPER, and frames with an access at 0x14. */
  readonly #identified = new Set<bigint>();
  readonly #woken = new Set<bigint>();

  /** `machine`: what is known beforehand. */
  constructor(machine?: Machine) {
    this.#machine = machine;
    if (machine === undefined) return;
    this.model = machine.gic;
    this.because = machine.from;
  }

  /** `GICD 0x8000000, GICR 0x80a0000 …`; empty when none was found. */
  get summary(): string {
    if (this.#machine !== undefined) return framesText(this.#machine);
    if (this.#distributor === undefined) return '';
    const hex = (address: bigint): string => `0x${address.toString(16)}`;
    const others = [...this.#redistributors].slice(0, 8).map(hex);
    const more = this.#redistributors.size > 8 ? ' …' : '';
    const redistributors = others.length === 0 ? '' : `, GICR ${others.join(' ')}${more}`;
    return `GICD ${hex(this.#distributor)}${redistributors} (inferred from the guest's accesses)`;
  }

  /** What the access is to, once the frames are known. */
  name(access: Access): Named {
    const { address } = access;
    const plain = { register: `0x${address.toString(16)}`, offset: address };
    if (this.#machine !== undefined) {
      const place = placeOf(this.#machine, address);
      if (place === undefined) return plain;
      const { frame, name, base, index } = place;
      return { ...named(frame, name, address - base), ...(index === undefined ? {} : { redistributor: index }) };
    }
    this.#learn(access);
    const base = address - (address % FRAME);
    if (base === this.#distributor) return named(this.model === 'v2' ? 'GICD_V2' : 'GICD', 'GICD', address - base);
    const redistributor = this.#redistributors.has(base) ? base : base - FRAME;
    if (this.#redistributors.has(redistributor)) return named('GICR', 'GICR', address - redistributor);
    return plain;
  }

  #learn({ isWrite, size, address, value }: Access): void {
    const offset = Number(address % FRAME);
    const base = address - BigInt(offset);
    const revision = Number((value >> 4n) & 15n);
    if (offset === PIDR2 && !isWrite && (revision === 3 || revision === 4)) {
      if (this.#distributor === undefined) this.#found(base, `GICD_PIDR2 read as 0x${value.toString(16)}`);
      else this.#mark(this.#identified, base);
    } else if (this.#distributor === undefined) {
      if (offset === 4 && size === 4 && !isWrite) this.#typerRead = base;
      else if (offset === 0x84 && isWrite && value === ALL_ONES && base === this.#typerRead)
        this.#found(base, 'a read of GICD_TYPER and a write of GICD_IGROUPR1');
      else if (offset === 0x800 && size === 4 && !isWrite && base === this.#typerRead && namesOneCpu(value))
        this.#found(base, `a read of GICD_TYPER and of GICD_ITARGETSR0 as 0x${value.toString(16)}`, 'v2');
    } else if (offset === 8 && size === 8 && !isWrite) this.#mark(this.#identified, base);
    else if (offset === 0x14 && size === 4) {
      this.#mark(this.#woken, base);
      if (this.#identified.has(base)) this.#redistributor(base);
    } else if (offset === 0x80 && isWrite && value === ALL_ONES && this.#woken.has(base - FRAME))
      this.#redistributor(base - FRAME);
  }

  #mark(set: Set<bigint>, base: bigint): void {
    if (set.size < 2 * MOST_REDISTRIBUTORS) set.add(base);
  }

  #found(base: bigint, because: string, model: GicModel = 'v3'): void {
    this.#distributor = base;
    this.model = model;
    this.because = because;
  }

  #redistributor(base: bigint): void {
    const distributor = this.#distributor ?? 0n;
    if (base <= distributor || base - distributor > REDISTRIBUTORS_SPAN) return;
    if (this.#redistributors.size >= MOST_REDISTRIBUTORS) return;
    this.#redistributors.add(base);
  }
}

function named(frame: Frame, name: string, offset: bigint): Named {
  return { register: nameAt(frame, Number(offset), name), offset };
}

/** Whether each byte holds the same single bit, as the reader's own mask of CPUs does. */
function namesOneCpu(value: bigint): boolean {
  const mask = value & 0xffn;
  return mask !== 0n && (mask & (mask - 1n)) === 0n && value === mask * 0x0101_0101n;
}
