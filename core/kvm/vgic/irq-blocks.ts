/**
 * The per-interrupt registers that both models share: one bit, byte or pair of bits per INTID (kvm-vgic-v3 §10.2,
 * §10.4). Bits are processed from 0 upward; a word's bit that names no interrupt of the VM is skipped.
 */
import { type IrqWritten } from '../events.ts';
import { halted } from './halt.ts';
import { type Irq, FIRST_SPI } from './irq.ts';
import { sample, setPhysicalActive, setPhysicalPending } from './mapped.ts';
import { type Access, type Reader, type Writer } from './mmio.ts';
import { queue } from './queue.ts';
import { type VgicVm } from './vm-state.ts';

type Test = (irq: Irq) => boolean;

function* irqsOf({ vgic, actor, intid }: Access, count: number): Generator<[number, Irq]> {
  for (let i = 0; i < count; i++) {
    const irq = vgic.lookup(actor, intid + i);
    if (irq !== undefined) yield [i, irq];
  }
}

/** A word with the bits of interrupts for which `test` holds. */
export function bits(test: Test): Reader {
  return (access) => {
    let word = 0;
    for (const [i, irq] of irqsOf(access, access.length * 8)) if (test(irq)) word |= 1 << i;
    return BigInt(word >>> 0);
  };
}

type Field = IrqWritten['what'];
/** Whose write it is, of whose interrupts. */
export type Writing = Pick<Access, 'vgic' | 'actor' | 'requester'>;

const FIELDS: Readonly<Record<Exclude<Field, 'target'>, (irq: Irq) => number>> = {
  enabled: (irq) => +irq.enabled,
  group: (irq) => irq.group,
  priority: (irq) => irq.priority,
  handling: (irq) => +irq.isLevel,
  pending: (irq) => +irq.latch | (+irq.pending << 1),
  active: (irq) => +irq.active,
  line: (irq) => +irq.line,
  sources: (irq) => irq.source,
};

/** Changes a field of an interrupt and tells of it; then the event owns the change. */
export function change(access: Writing, irq: Irq, what: Exclude<Field, 'target'>, action: () => void): void {
  const field = FIELDS[what];
  const before = field(irq);
  action();
  tellWritten(access, irq, what, before, field(irq));
}

/** The same where the caller knows the values. A private interrupt's happens to its vCPU, a shared one's to the writer. */
export function tellWritten(
  { vgic, actor, requester }: Writing,
  irq: Irq,
  what: Field,
  before: number,
  after: number,
): void {
  if (before === after) return;
  const place = irq.intid < FIRST_SPI ? actor.vcpu : (requester?.vcpu ?? vgic.vm);
  const by = requester === undefined ? 'userspace' : 'guest';
  const leadsTo = what === 'target' ? irq.target : undefined;
  place.emit({
    kind: 'irq.written',
    intid: irq.intid,
    what,
    before,
    after,
    by,
    ...(leadsTo !== undefined && { leadsTo }),
  });
}

/** Does `action` for every interrupt whose bit is set. */
function forSet(action: (irq: Irq, access: Access) => void): Writer {
  return (access, value) => {
    access.tell?.();
    const word = Number(value);
    for (const [i, irq] of irqsOf(access, access.length * 8)) if ((word >>> i) & 1) action(irq, access);
  };
}

export const readGroup = bits((irq) => irq.group === 1);
export const writeGroup: Writer = (access, value) => {
  access.tell?.();
  const word = Number(value);
  for (const [i, irq] of irqsOf(access, access.length * 8)) {
    change(access, irq, 'group', () => (irq.group = (word >>> i) & 1 ? 1 : 0));
    queue(access.vgic, irq);
  }
};

export const readEnable = bits((irq) => irq.enabled);
/** A guest's enable looks at a mapped line again: it may have fallen while nobody listened. */
export const writeSetEnable = forSet((irq, access) => {
  const { vgic } = access;
  if (irq.isMappedLevel) {
    const wasHigh = irq.line;
    change(access, irq, 'line', () => (irq.line = sample(vgic, irq)));
    if (!irq.active && wasHigh && !irq.line) setPhysicalActive(vgic, irq, false);
  }
  change(access, irq, 'enabled', () => (irq.enabled = true));
  queue(vgic, irq);
});
export const userSetEnable = forSet((irq, access) => {
  change(access, irq, 'enabled', () => (irq.enabled = true));
  queue(access.vgic, irq);
});
export const writeClearEnable = forSet((irq, access) => {
  change(access, irq, 'enabled', () => (irq.enabled = false));
});

/** A mapped level interrupt shows its device, not the memory of it. */
export const readPending: Reader = (access) =>
  bits((irq) => (irq.isMappedLevel ? sample(access.vgic, irq) : irq.pending))(access);
export const userReadPending: Reader = (access) =>
  bits((irq) => (access.vgic.flavour.exactPendingLatch ? irq.latch : irq.pending))(access);

function hasSources(vgic: VgicVm, irq: Irq): boolean {
  return irq.isSgi && vgic.flavour.sgiSources;
}

export const writeSetPending = forSet((irq, access) => {
  const { vgic } = access;
  if (hasSources(vgic, irq)) return;
  change(access, irq, 'pending', () => (irq.latch = true));
  if (irq.hw) setPhysicalActive(vgic, irq, true);
  queue(vgic, irq);
});
export const writeClearPending = forSet((irq, access) => {
  const { vgic } = access;
  if (hasSources(vgic, irq)) return;
  change(access, irq, 'pending', () => (irq.latch = false));
  if (!irq.hw) return;
  setPhysicalPending(vgic, irq, false);
  if (!irq.active) setPhysicalActive(vgic, irq, false);
});
/** Userspace sets the latch; the vCPU itself counts as the sender of a GICv2 SGI. */
export const userSetPending = forSet((irq, access) => {
  const { vgic, actor } = access;
  change(access, irq, 'pending', () => {
    irq.latch = true;
    if (hasSources(vgic, irq)) irq.source |= 1 << actor.vcpu.id;
  });
  queue(vgic, irq);
});
export const userClearPending = forSet((irq, access) => {
  change(access, irq, 'pending', () => {
    irq.latch = false;
    if (hasSources(access.vgic, irq)) irq.source = 0;
  });
});
/** GICv3: the word replaces all 32 latches. */
export const userReplacePending: Writer = (access, value) => {
  userSetPending(access, value);
  userClearPending(access, BigInt.asUintN(32, ~value));
};

// --- active state -------------------------------------------------------------------------------------------------

function mustHalt({ vgic, actor, requester, intid }: Access): boolean {
  return (vgic.flavour.haltsForPrivate && actor !== requester) || intid >= FIRST_SPI;
}

export const userReadActive = bits((irq) => irq.active);
export const readActive: Reader = (access) =>
  mustHalt(access) ? halted(access.vgic, () => userReadActive(access)) : userReadActive(access);

function changeActive(active: boolean): Writer {
  return forSet((irq, access) => {
    const { vgic, requester } = access;
    if (irq.hw) {
      if (requester !== undefined) {
        change(access, irq, 'active', () => (irq.active = active));
        setPhysicalActive(vgic, irq, active);
      }
    } else {
      change(access, irq, 'active', () => {
        irq.active = active;
        // Userspace cannot know the sender; 0 is taken.
        if (active && hasSources(vgic, irq)) irq.activeSource = requester?.vcpu.id ?? 0;
      });
    }
    // Also when nothing changed: an active interrupt asks for its vCPU ("Points settled", 3).
    if (irq.active) queue(vgic, irq);
  });
}

export const userSetActive = changeActive(true);
export const userClearActive = changeActive(false);
export const writeSetActive: Writer = (access, value) =>
  mustHalt(access) ? halted(access.vgic, () => userSetActive(access, value)) : userSetActive(access, value);
export const writeClearActive: Writer = (access, value) =>
  mustHalt(access) ? halted(access.vgic, () => userClearActive(access, value)) : userClearActive(access, value);

// --- priority and configuration -----------------------------------------------------------------------------------

const PRIORITY_MASK = 0xf8;

export const readPriority: Reader = (access) => {
  let word = 0n;
  for (const [i, irq] of irqsOf(access, access.length)) word |= BigInt(irq.priority) << BigInt(8 * i);
  return word;
};
export const writePriority: Writer = (access, value) => {
  access.tell?.();
  for (const [i, irq] of irqsOf(access, access.length)) {
    const priority = Number((value >> BigInt(8 * i)) & 0xffn) & PRIORITY_MASK;
    change(access, irq, 'priority', () => (irq.priority = priority));
  }
};

export const readConfig: Reader = (access) => {
  let word = 0n;
  for (const [i, irq] of irqsOf(access, access.length * 4)) if (!irq.isLevel) word |= 2n << BigInt(2 * i);
  return word;
};
/** Private interrupts cannot be configured. */
export const writeConfig: Writer = (access, value) => {
  access.tell?.();
  for (const [i, irq] of irqsOf(access, access.length * 4)) {
    const isLevel = ((value >> BigInt(2 * i + 1)) & 1n) === 0n;
    if (irq.intid >= FIRST_SPI) change(access, irq, 'handling', () => (irq.isLevel = isLevel));
  }
};
