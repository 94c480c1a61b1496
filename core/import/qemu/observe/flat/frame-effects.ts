/**
 * What accesses to distributor and redistributor registers say about interrupts, by register family: how many bits an
 * interrupt has there, and what they mean (gicv3-behaviour §3 to §5, §9). One table for GICv3 and GICv2, whose
 * registers have the same layout.
 */
import { type Located } from '../../../../gic/registers.ts';
import { type InterruptField } from '../../../../trace/interrupts.ts';
import { type FlatInterrupt } from './interrupt.ts';

type Take = (interrupt: FlatInterrupt, bits: number, isRead: boolean) => void;

interface Effect {
  /** Bits of one interrupt. */
  readonly width: 1 | 2 | 8 | 64;
  /** The field that a write may change. */
  readonly field: InterruptField;
  readonly take: Take;
  /** On a write, only interrupts whose bit is set are meant. */
  readonly isBitmap?: true;
}

/** Set and clear registers: a read gives the state, a written 1 acts. */
const bitmap = (field: 'enabled' | 'active', value: 0 | 1): Effect => ({
  width: 1,
  field,
  isBitmap: true,
  take: (interrupt, bit, isRead) => {
    const result = isRead ? bit : value;
    if (result === 1) interrupt.show();
    interrupt.set(field, result);
  },
});

const pendings = (value: 0 | 1): Effect => ({
  width: 1,
  field: 'pending',
  isBitmap: true,
  take: (interrupt, bit, isRead) => {
    if (isRead) {
      if (bit === 1) interrupt.show();
      interrupt.set('pending', bit);
    } else if (value === 1) interrupt.pend();
    else interrupt.unpend();
  },
});

const priorities: Effect = { width: 8, field: 'priority', take: (interrupt, bits) => interrupt.set('priority', bits) };
/** Bit 1 of each pair: edge. */
const triggers: Effect = {
  width: 2,
  field: 'handling',
  take: (interrupt, bits) => interrupt.set('handling', bits & 2 ? 0 : 1),
};

/** A GICv2 names CPUs by bits; one bit is a target, several are none in particular. */
const targetBytes: Effect = {
  width: 8,
  field: 'target',
  take: (interrupt, bits) => {
    const isOne = bits !== 0 && (bits & (bits - 1)) === 0;
    interrupt.set('target', isOne ? 31 - Math.clz32(bits) : undefined);
  },
};

/** Low word of an IROUTER: bit 31 is "any CPU", else the affinity, which names a vCPU where it is one of the first 16. */
const INTERRUPT_ROUTING_MODE = 0x8000_0000;
const routers: Effect = {
  width: 64,
  field: 'target',
  take: (interrupt, low) => {
    const isOne = (low & INTERRUPT_ROUTING_MODE) === 0 && (low & 0xff_ffff) < 16;
    interrupt.set('target', isOne ? low & 0xff_ffff : undefined);
  },
};

const EFFECTS: ReadonlyMap<string, Effect> = new Map(
  Object.entries({
    ISENABLER: bitmap('enabled', 1),
    ICENABLER: bitmap('enabled', 0),
    ISPENDR: pendings(1),
    ICPENDR: pendings(0),
    ISACTIVER: bitmap('active', 1),
    ICACTIVER: bitmap('active', 0),
    IPRIORITYR: priorities,
    ICFGR: triggers,
    ITARGETSR: targetBytes,
    IROUTER: routers,
  }),
);

/**
 * What a Non-secure access says where there are two security states (Arm IHI 0069, "Interrupt grouping and security"):
 * interrupts of Secure groups read as 0 and ignore writes, and of priorities it sees the lower half as a whole.
 */
const nonSecure = (effect: Effect): Effect => ({
  ...effect,
  take: (interrupt, bits, isRead) => {
    const { isSecure } = interrupt;
    if (isSecure === true || (isSecure === undefined && isRead && bits === 0)) return;
    if (effect.field !== 'priority') effect.take(interrupt, bits, isRead);
    else interrupt.set('priority', isSecure === false || isRead ? (bits >>> 1) | 0x80 : undefined);
  },
});

const NON_SECURE_EFFECTS: ReadonlyMap<string, Effect> = new Map(
  [...EFFECTS].map(([kind, effect]) => [kind, nonSecure(effect)]),
);

/** What IGROUPR says in Secure state; it holds a value of its own beside. */
const groups: Effect = {
  width: 1,
  field: 'masked',
  take: (interrupt, bit) => {
    interrupt.isSecure = bit === 0;
  },
};

/** `ISENABLER` of `GICD_ISENABLER3`, `GICR_ISENABLER0`, `GICD_V2_ISENABLER1`. */
function kindOf({ register }: Located): string {
  return /^GIC[DR]_([A-Z]+)\d*$/.exec(register.arm)?.[1] ?? '';
}

/** `isLimited`: the access is Non-secure, and there are two security states. */
export function frameEffect(located: Located, isLimited = false): Effect | undefined {
  return (isLimited ? NON_SECURE_EFFECTS : EFFECTS).get(kindOf(located));
}

/** What a Secure access says of the groups of interrupts. */
export function groupEffect(located: Located): Effect | undefined {
  return kindOf(located) === 'IGROUPR' ? groups : undefined;
}

/** Interrupts that an access reaches, each with its bits. `size` in bytes; the value as two words. */
export function eachInterrupt(
  effect: Effect,
  { index, byte, register }: Located,
  size: number,
  lo: number,
  hi: number,
  isRead: boolean,
  find: (number: number) => FlatInterrupt | undefined,
): void {
  const first = (index * (register.width / 8) + byte) * 8;
  if (effect.width === 64) {
    const interrupt = find(index);
    if (interrupt === undefined) return;
    // Half a register leaves the other half as it was, whatever that is.
    if (size === 8 || byte === 0) effect.take(interrupt, lo, isRead);
    return;
  }
  const { width } = effect;
  const mask = 2 ** width - 1;
  for (let at = 0; at < size * 8; at += width) {
    const bits = ((at < 32 ? lo : hi) >>> (at % 32)) & mask;
    if (effect.isBitmap && !isRead && bits === 0) continue;
    const interrupt = find((first + at) / width);
    if (interrupt !== undefined) effect.take(interrupt, bits, isRead);
  }
}
