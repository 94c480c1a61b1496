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
import { type Words } from '../gic/v5/words.ts';
import { type Outcome } from '../kvm/outcome.ts';
import { type Vcpu } from '../kvm/vcpu.ts';
import {
  type Answer,
  type Barrier,
  type Core,
  DONE,
  type Exception,
  type Hint,
  type HintAnswer,
  PROCEED,
  type System,
  TRAP,
  UNDEFINED,
  unpackEncoding,
  WAIT,
} from './a64/index.ts';
import { type MachineEvent } from './events.ts';

/** What an encoding means here. */
type Target =
  | { readonly type: 'interface'; readonly register: GuestRegister }
  | { readonly type: 'instruction'; readonly instruction: GicInstruction }
  | { readonly type: 'named'; readonly name: string }
  | { readonly type: 'none' };

const MPIDR = 'MPIDR_EL1';

export class GuestSystem implements System {
  readonly #vcpu: Vcpu;
  readonly #emit: (event: MachineEvent) => void;
  readonly #targets = new Map<number, Target>();
  #core: Core | undefined;
  /** Called after each access that may have moved the interrupt signal. */
  readonly #signalMoved: () => void;

  constructor(vcpu: Vcpu, emit: (event: MachineEvent) => void, signalMoved: () => void) {
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
    this.#emit({ kind: 'guest.wfi', wfe: hint === 'WFE', pc: this.#pc() });
    return WAIT;
  }

  barrier(_barrier: Barrier, _domain: number): void {
    // Memory is sequentially consistent here: one core runs at a time.
  }

  exception({ kind, pc }: Exception): typeof DONE | typeof TRAP {
    if (kind === 'hvc' || kind === 'smc') return TRAP;
    this.#emit({ kind: 'guest.exception', exception: kind, from: pc, to: 0n });
    return DONE;
  }

  #register(encoding: number, direction: 'read' | 'write', value: Words): Answer {
    const target = this.#targetOf(encoding);
    switch (target.type) {
      case 'interface':
        return this.#answer(this.#vcpu.access(target.register, direction, value));
      case 'named':
        return this.#named(target.name, direction, value);
      case 'instruction':
      case 'none':
        return UNDEFINED;
    }
  }

  #named(name: string, direction: 'read' | 'write', value: Words): Answer {
    if (name === MPIDR) {
      if (direction === 'write') return UNDEFINED;
      value.set(0x8000_0000 + this.#vcpu.id, 0);
      return DONE;
    }
    const { outcome, value: result } = this.#vcpu.sysreg(direction, name, value.value);
    if (direction === 'read') value.value = result;
    return this.#answer(outcome);
  }

  #instruction(encoding: number, value: Words, hasResult: boolean): Answer {
    const target = this.#targetOf(encoding);
    if (target.type !== 'instruction' || target.instruction.hasResult !== hasResult) return UNDEFINED;
    return this.#answer(this.#vcpu.execute(target.instruction, value));
  }

  #answer(outcome: Outcome): Answer {
    if (!this.#vcpu.inGuest) this.#core?.kick();
    else this.#signalMoved();
    return outcome === 'performed' || outcome === 'emulated' ? DONE : UNDEFINED;
  }

  #pc(): bigint {
    return (this.#core?.pcValue ?? 4n) - 4n;
  }

  #targetOf(encoding: number): Target {
    const known = this.#targets.get(encoding);
    if (known !== undefined) return known;
    const target = resolve(encoding);
    this.#targets.set(encoding, target);
    return target;
  }
}

function resolve(encoding: number): Target {
  const [op0, op1, crn, crm, op2] = unpackEncoding(encoding);
  const name = registerByEncoding(op0, op1, crn, crm, op2, 'v5')?.name;
  if (name === undefined) return { type: 'none' };
  const register = guestRegister(name);
  if (register !== undefined) return { type: 'interface', register };
  const instruction = gicInstruction(name);
  return instruction === undefined ? { type: 'named', name } : { type: 'instruction', instruction };
}
