/**
 * Where the GIC's register frames are, from the guest's own accesses, because a trace does not say. Only two patterns
 * are taken as proof (trace-import-formats §4.2, gicv3-registers "Memory frames"):
 * - a read of offset 0xffe8 of a 64 KiB frame whose value's bits 7:4, ArchRev, are 3 or 4 (GICD_PIDR2 or GICR_PIDR2);
 *   the first such frame is the distributor's, since software must know its version before it looks for redistributors;
 * - a 4-byte read at offset 4 and then a write of all ones at 0x84 of the same frame (GICD_TYPER, GICD_IGROUPR1).
 * A redistributor is a frame above it with an access to offset 0x14 (GICR_WAKER), which has shown PIDR2 or a 64-bit
 * read at 8 (GICR_TYPER) before, or whose next frame gets a write of all ones at 0x80 (GICR_IGROUPR0). The ITS has the
 * former and a clock chip may have an 0x14; only together they are proof. Earlier accesses keep their plain addresses.
 */
import { registerAt } from '../../gic/registers.ts';
import { type GicModel } from '../../trace/sink.ts';

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
}

export class Frames {
  model: GicModel | undefined;
  because = '';
  #distributor: bigint | undefined;
  #typerRead: bigint | undefined;
  readonly #redistributors = new Set<bigint>();
  /** Frames that showed an identification or GICR_TYPER, and frames with an access at 0x14. */
  readonly #identified = new Set<bigint>();
  readonly #woken = new Set<bigint>();

  /** `GICD 0x8000000, GICR 0x80a0000 …`; empty when none was found. */
  get summary(): string {
    if (this.#distributor === undefined) return '';
    const hex = (address: bigint): string => `0x${address.toString(16)}`;
    const others = [...this.#redistributors].slice(0, 8).map(hex);
    const more = this.#redistributors.size > 8 ? ' …' : '';
    const redistributors = others.length === 0 ? '' : `, GICR ${others.join(' ')}${more}`;
    return `GICD ${hex(this.#distributor)}${redistributors} (inferred from the guest's accesses)`;
  }

  /** What the access is to, once the frames are known. */
  name(access: Access): Named {
    this.#learn(access);
    const { address } = access;
    const base = address - (address % FRAME);
    if (base === this.#distributor) return named('GICD', address - base);
    const redistributor = this.#redistributors.has(base) ? base : base - FRAME;
    if (this.#redistributors.has(redistributor)) return named('GICR', address - redistributor);
    return { register: `0x${address.toString(16)}`, offset: address };
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

  #found(base: bigint, because: string): void {
    this.#distributor = base;
    this.model = 'v3';
    this.because = because;
  }

  #redistributor(base: bigint): void {
    const distributor = this.#distributor ?? 0n;
    if (base <= distributor || base - distributor > REDISTRIBUTORS_SPAN) return;
    if (this.#redistributors.size >= MOST_REDISTRIBUTORS) return;
    this.#redistributors.add(base);
  }
}

function named(frame: 'GICD' | 'GICR', offset: bigint): Named {
  const found = registerAt(frame, Number(offset));
  return { register: found?.register.arm ?? `${frame}+0x${offset.toString(16)}`, offset };
}
