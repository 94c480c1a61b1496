/**
 * What a guest's system instructions reach: the virtual CPU interface, the timers, the PMU and KVM's trap handlers of
 * one vCPU. Encodings are resolved to rows once and kept, so an access is an array read and a call.
 *
 * After an access that trapped, the vCPU is out of the guest and the instruction is done: the core is kicked, so that
 * the run loop enters again before the next one.
 */
import { registerByEncoding } from '../gic/registers.ts';
import { type GicInstruction, gicInstruction } from '../gic/v5/instructions.ts';
import { type GuestRegister, guestRegister } from '../gic/v5/guest-registers.ts';
import { Words } from '../gic/v5/words.ts';
import { CACHE_SELECTION } from '../kvm/guest-access.ts';
import { isIdRegister } from '../kvm/id-registers.ts';
import { type Outcome } from '../kvm/outcome.ts';
import { isPmuRegister } from '../kvm/pmu-registers.ts';
import { type Vcpu } from '../kvm/vcpu.ts';
import {
  type Answer,
  type Barrier,
  type Core,
  CORE_REGISTERS,
  DONE,
  type Exception,
  type Hint,
  type HintAnswer,
  PROCEED,
  type System,
  systemRegisterName,
  TRAP,
  TRAP_EL1,
  UNDEFINED,
  unpackEncoding,
  WAIT,
} from './a64/index.ts';
import { type GuestAccess, type MachineEvent } from './events.ts';
import { FIXED, keptFromUser } from './processor-registers.ts';

/** Is the register kept from EL0 now? Absent: it never is. */
type Kept = ((core: Core | undefined) => boolean) | undefined;

/** What an encoding means here. */
type Target =
  | { readonly type: 'interface'; readonly register: GuestRegister }
  | { readonly type: 'instruction'; readonly instruction: GicInstruction }
  | {
      readonly type: 'fixed';
      readonly name: string;
      readonly value: (vcpu: Vcpu, core: Core | undefined) => bigint;
      readonly kept: Kept;
    }
  | { readonly type: 'named'; readonly name: string; readonly kept: Kept }
  | { readonly type: 'none' };

const VBAR = CORE_REGISTERS.findIndex(({ name }) => name === 'VBAR_EL1');
/** Offsets of the asynchronous exceptions' vectors in their bank; synchronous ones are at 0. */
const VECTOR_OFFSET: Partial<Record<Exception['kind'], number>> = { irq: 0x080, fiq: 0x100, serror: 0x180 };

/**
 * Shut while cores run on their own (quiet-rounds.ts): whatever leaves a core then ends its run before anything has
 * happened, as a trap whose instruction is executed later.
 */
export interface Gate {
  isShut: boolean;
}

export class GuestSystem implements System {
  readonly gate: Gate;
  readonly #vcpu: Vcpu;
  /** Scratch: a value on its way to a register and back. */
  readonly #words = new Words();
  readonly #emit: (event: MachineEvent) => void;
  /** What the access that is under way does; undefined outside one. An observer asks while it is told of effects. */
  operation: 'read' | 'write' | 'execute' | undefined;
  #core: Core | undefined;
  /** Called after each access that may have moved the interrupt signal. */
  readonly #signalMoved: () => void;
  /** Told of each access to something that exists, while nothing has happened yet. */
  before: ((access: GuestAccess) => void) | undefined;

  constructor(vcpu: Vcpu, gate: Gate, emit: (event: MachineEvent) => void, signalMoved: () => void) {
    this.gate = gate;
    this.#vcpu = vcpu;
    this.#emit = emit;
    this.#signalMoved = signalMoved;
  }

  /** The core that executes; it is made after its System. */
  attach(core: Core): void {
    this.#core = core;
  }

  mrs(encoding: number, value: Words): Answer {
    return this.#register(encoding, 'read', value);
  }

  msr(encoding: number, value: Words): Answer {
    return this.#register(encoding, 'write', value);
  }

  sys(encoding: number, value: Words): Answer {
    return this.#instruction(encoding, value, false);
  }

  sysl(encoding: number, value: Words): Answer {
    return this.#instruction(encoding, value, true);
  }

  hint(hint: Hint): HintAnswer {
    if (hint !== 'WFI' && hint !== 'WFE') return PROCEED;
    if (this.gate.isShut) return TRAP;
    this.#emit({ kind: 'guest.wfi', wfe: hint === 'WFE', pc: this.#pc() });
    return WAIT;
  }

  barrier(_barrier: Barrier, _domain: number): void {
    // Memory is sequentially consistent here: one core runs at a time.
  }

  exception({ kind, pc }: Exception): typeof DONE | typeof TRAP {
    if (this.gate.isShut) return TRAP;
    if (kind === 'hvc' || kind === 'smc') return TRAP;
    this.#emit({ kind: 'guest.exception', exception: kind, from: pc, to: this.#vector(kind) });
    return DONE;
  }

  #register(encoding: number, direction: 'read' | 'write', value: Words): Answer {
    if (this.gate.isShut) return TRAP;
    const target = targetOf(encoding);
    if (this.before !== undefined) this.#announce(this.before, target, direction, value);
    switch (target.type) {
      case 'interface': {
        this.operation = direction;
        const answer = this.#answerAccess(this.#vcpu.access(target.register, direction, value), direction);
        this.operation = undefined;
        return answer;
      }
      case 'named': {
        if (target.kept?.(this.#core) === true) return TRAP_EL1;
        this.operation = direction;
        const answer = this.#named(target.name, direction, value);
        this.operation = undefined;
        return answer;
      }
      case 'fixed':
        if (direction === 'write') return UNDEFINED;
        if (target.kept?.(this.#core) === true) return TRAP_EL1;
        value.value = target.value(this.#vcpu, this.#core);
        return DONE;
      case 'instruction':
      case 'none':
        return UNDEFINED;
    }
  }

  #named(name: string, direction: 'read' | 'write', value: Words): Answer {
    const words = this.#words;
    words.set(value.lo, value.hi);
    const outcome = this.#vcpu.accessOther(name, direction, words);
    if (direction === 'read') {
      const hasValue = outcome === 'performed' || outcome === 'emulated';
      value.set(hasValue ? words.lo : 0, hasValue ? words.hi : 0);
    }
    // A trap is told by KVM's handler.
    if (outcome === 'performed') this.#tell(name, direction, value);
    return this.#answer(outcome);
  }

  #instruction(encoding: number, value: Words, hasResult: boolean): Answer {
    if (this.gate.isShut) return TRAP;
    const target = targetOf(encoding);
    if (target.type !== 'instruction' || target.instruction.hasResult !== hasResult) return UNDEFINED;
    if (this.before !== undefined) this.#announce(this.before, target, 'execute', value);
    this.operation = 'execute';
    const outcome = this.#vcpu.execute(target.instruction, value);
    if (outcome === 'performed') this.#tell(target.instruction.name, 'execute', value);
    const answer = this.#answer(outcome);
    this.operation = undefined;
    return answer;
  }

  #announce(tell: (access: GuestAccess) => void, target: Target, op: GuestAccess['op'], value: Words): void {
    const name = nameOf(target);
    if (name === undefined) return;
    const hasValue = op === 'write' || (target.type === 'instruction' && !target.instruction.hasResult);
    tell({
      name,
      op,
      address: undefined,
      lo: hasValue ? value.lo : undefined,
      hi: hasValue ? value.hi : undefined,
      pc: this.#pc(),
    });
  }

  /** A load or store that leaves the guest begins; `value` is what a store writes. */
  announceMemory(address: bigint, op: 'read' | 'write', value: Words | undefined): void {
    this.before?.({ name: '', op, address, lo: value?.lo, hi: value?.hi, pc: this.#pc() });
  }

  #tell(register: string, op: 'read' | 'write' | 'execute', { lo, hi }: Words): void {
    this.#emit({ kind: 'guest.access', register, op, lo, hi });
  }

  /** As `#answer`, for a register of the interface. A read that reached it changed nothing, so nothing can follow. */
  #answerAccess(outcome: Outcome, direction: 'read' | 'write'): Answer {
    return direction === 'read' && outcome === 'performed' ? DONE : this.#answer(outcome);
  }

  #answer(outcome: Outcome): Answer {
    this.went();
    return outcome === 'performed' || outcome === 'emulated' ? DONE : UNDEFINED;
  }

  /** An access was carried out. Maintenance of the interface, too, takes the guest out before its next instruction. */
  went(): void {
    if (!this.#vcpu.inGuest || this.#vcpu.hasRequest) this.#core?.kick();
    else this.#signalMoved();
  }

  /** A load or store left the guest; the run ends behind it. */
  leave(): void {
    this.#core?.kick();
  }

  #pc(): bigint {
    return BigInt.asUintN(64, (this.#core?.pcValue ?? 4n) - 4n);
  }

  /** Where EL1 will go on: the vector of this kind in the bank of the present level and stack pointer. */
  #vector(kind: Exception['kind']): bigint {
    const core = this.#core;
    if (core === undefined) return 0n;
    const bank = core.el === 0 ? 0x400 : core.spSel === 0 ? 0 : 0x200;
    return BigInt.asUintN(64, core.systemValue(VBAR) + BigInt(bank + (VECTOR_OFFSET[kind] ?? 0)));
  }
}

/** What the encodings mean that were met so far, the same for every vCPU: 16 bits each. */
const TARGETS: (Target | undefined)[] = Array.from({ length: 1 << 16 }, () => undefined);

const targetOf = (encoding: number): Target => TARGETS[encoding] ?? (TARGETS[encoding] = resolve(encoding));

function nameOf(target: Target): string | undefined {
  switch (target.type) {
    case 'interface':
      return target.register.name;
    case 'instruction':
      return target.instruction.name;
    case 'fixed':
    case 'named':
      return target.name;
    case 'none':
      return undefined;
  }
}

function resolve(encoding: number): Target {
  const row = unpackEncoding(encoding);
  const known = registerByEncoding(...row, 'v5')?.name;
  const name = known ?? (row[0] < 2 ? '' : systemRegisterName(row, 'read', 'v5'));
  const value = FIXED.get(name);
  const kept = keptFromUser(name);
  if (value !== undefined) return { type: 'fixed', name, value, kept };
  if (known === undefined) return isTrapped(name) ? { type: 'named', name, kept } : { type: 'none' };
  const register = guestRegister(name);
  if (register !== undefined) return { type: 'interface', register };
  const instruction = gicInstruction(name);
  return instruction === undefined ? { type: 'named', name, kept } : { type: 'instruction', instruction };
}

/** Does KVM answer for it, though no table of interrupt controllers has it? */
const isTrapped = (name: string): boolean => isPmuRegister(name) || isIdRegister(name) || name === CACHE_SELECTION;
