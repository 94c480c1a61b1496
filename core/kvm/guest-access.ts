/**
 * What happens when a guest touches a system register or executes a GIC instruction (gicv5-registers §1 "Order of
 * checks", kvm-vgic-v5 §9): performed by the virtual interface, UNDEFINED in hardware, or trapped to KVM, which looks
 * at its trap-to-UNDEF set first and then at its handlers.
 *
 * After a trap the vCPU is out of the guest, whatever the outcome. The `Words` forms allocate nothing.
 */
import { registerByName } from '../gic/registers.ts';
import { type GuestRegister, guestRegister } from '../gic/v5/guest-registers.ts';
import { type GicInstruction, gicInstruction } from '../gic/v5/instructions.ts';
import { Words } from '../gic/v5/words.ts';
import { type MmioRefusal } from './events.ts';
import { FGU_HIDDEN } from './fgu.ts';
import { type HostCpuV5 } from './host-cpu-v5.ts';
import { type HostCpu } from './host-cpu.ts';
import { isDirectIdRegister, isIdRegister, readIdRegister } from './id-registers.ts';
import { accessPmu, isPmuRegister } from './pmu-registers.ts';
import { type Outcome } from './outcome.ts';
import * as loop from './run-loop.ts';
import { accessTimer, isTimerRegister } from './timer-registers.ts';
import { type Vcpu } from './vcpu.ts';

export interface GuestAccess {
  readonly outcome: Outcome;
  /** Result of a read or of a `GICR`; 0 otherwise. */
  readonly value: bigint;
}

/** ICH_VCTLR_EL2.V3: the guest has the GICv3-compatible interface. */
const VCTLR_V3 = 2;
export const CACHE_SELECTION = 'CSSELR_EL1';
/** Level and InD. */
const CSSELR_FIELDS = 0xfn;

/** The GICv5 that EL1 finds on a CPU; undefined: its accesses are UNDEFINED before any trap. */
function gicV5ForGuest({ v5 }: HostCpu): HostCpuV5 | undefined {
  return v5 === undefined || (v5.vctlr.lo & VCTLR_V3) !== 0 ? undefined : v5;
}

function undefinedInHardware(vcpu: Vcpu, what: string): Outcome {
  vcpu.emit({ kind: 'trap.undef', what, via: 'hardware' });
  return 'undefined:hardware';
}

/** A register of the GICv5 CPU interface; `words` holds the value of a write and receives that of a read. */
export function access(vcpu: Vcpu, register: GuestRegister, direction: 'read' | 'write', words: Words): Outcome {
  const gic = gicV5ForGuest(vcpu.requireGuest());
  const isRead = direction === 'read';
  if (gic === undefined || (isRead ? register.read : register.write) === undefined)
    return undefinedInHardware(vcpu, register.name);
  const trap = isRead ? register.readTrap : register.writeTrap;
  if (trap !== undefined && (((isRead ? gic.hfgrtr : gic.hfgwtr).lo >>> trap) & 1) === 0)
    return trapped(vcpu, register.name, direction, words);
  if (isRead) gic.interface.read(register, words);
  else gic.interface.write(register, words.lo, words.hi);
  return 'performed';
}

export function execute(vcpu: Vcpu, instruction: GicInstruction, words: Words): Outcome {
  const gic = gicV5ForGuest(vcpu.requireGuest());
  if (gic === undefined) return undefinedInHardware(vcpu, instruction.name);
  if (instruction.trap !== undefined && ((gic.hfgitr.lo >>> instruction.trap) & 1) === 0) {
    loop.exit(vcpu, 'trap');
    // KVM traps instructions only for guests without GICv5.
    vcpu.emit({ kind: 'trap.undef', what: instruction.name, via: 'fgu' });
    return 'undefined:fgu';
  }
  gic.interface.execute(instruction, words);
  return 'performed';
}

/** An access that arrives by a trap: exit, trap-to-UNDEF set, handler of the GIC model. */
export function trapped(vcpu: Vcpu, register: string, direction: 'read' | 'write', words: Words): Outcome {
  loop.exit(vcpu, 'trap');
  const hidden = vcpu.vm.fgu.lo === FGU_HIDDEN && guestRegister(register) !== undefined;
  if (hidden) {
    vcpu.emit({ kind: 'trap.undef', what: register, via: 'fgu' });
    return 'undefined:fgu';
  }
  const outcome = vcpu.gic?.trappedAccess(register, direction, words) ?? 'undefined:handler';
  if (outcome !== 'emulated') vcpu.emit({ kind: 'trap.undef', what: register, via: 'handler' });
  return outcome;
}

/**
 * Any system register that this emulator knows.
 * @throws RangeError when no table has a register of this name.
 */
export function accessByName(vcpu: Vcpu, name: string, direction: 'read' | 'write', value: bigint): GuestAccess {
  const words = new Words();
  words.value = value;
  const register = guestRegister(name);
  const outcome =
    register === undefined ? accessOther(vcpu, name, direction, words) : access(vcpu, register, direction, words);
  const hasValue = direction === 'read' && (outcome === 'performed' || outcome === 'emulated');
  return { outcome, value: hasValue ? words.value : 0n };
}

/**
 * One that is none of the GICv5 CPU interface, without bigints; `words` holds the value of a write and receives that of
 * a read.
 * @throws RangeError when no table has a register of this name.
 */
export function accessOther(vcpu: Vcpu, name: string, direction: 'read' | 'write', words: Words): Outcome {
  const cpu = vcpu.requireGuest();
  const answer = vcpu.gic?.interfaceAccess(cpu, name, direction, words);
  if (answer === 'performed') return answer;
  if (answer === 'undefined') return undefinedInHardware(vcpu, name);
  if (isTimerRegister(name)) return accessTimer(vcpu, name, direction, words);
  if (isPmuRegister(name)) return accessPmu(vcpu, name, direction, words);
  if (isIdRegister(name)) return accessId(vcpu, name, direction, words);
  if (name === CACHE_SELECTION) return accessCacheSelection(vcpu, direction, words);
  if (registerByName(name) === undefined) throw new RangeError(`no register named ${name}`);
  if (/_EL[23]$/.test(name)) return undefinedInHardware(vcpu, name);
  // What is left of the tables belongs to other interrupt controllers.
  return trapped(vcpu, name, direction, words);
}

function accessId(vcpu: Vcpu, name: string, direction: 'read' | 'write', words: Words): Outcome {
  if (direction === 'write') return undefinedInHardware(vcpu, name);
  if (!isDirectIdRegister(name)) loop.exit(vcpu, 'trap');
  words.value = readIdRegister(vcpu, name);
  if (isDirectIdRegister(name)) return 'performed';
  vcpu.emit({ kind: 'trap.sysreg', register: name, direction, value: words.value });
  return 'emulated';
}

/** CSSELR_EL1 chooses a cache for CCSIDR_EL1, which says the same of each; KVM keeps it. */
function accessCacheSelection(vcpu: Vcpu, direction: 'read' | 'write', words: Words): Outcome {
  loop.exit(vcpu, 'trap');
  const { cacheSelection } = vcpu.slots;
  const written = direction === 'write' ? words.value : undefined;
  if (written === undefined) words.value = cacheSelection.value;
  else cacheSelection.value = written & CSSELR_FIELDS;
  const stored = written === undefined ? {} : { stored: cacheSelection.value };
  vcpu.emit({ kind: 'trap.sysreg', register: CACHE_SELECTION, direction, value: words.value, ...stored });
  return 'emulated';
}

/**
 * A guest's load or store to device memory: exit, then the frames of the GIC. `data` undefined: a read.
 * Gives the value read, 0 for a write, or undefined when no frame of the GIC is there.
 */
export function accessMemory(
  vcpu: Vcpu,
  address: bigint,
  length: number,
  data: bigint | undefined,
): bigint | undefined {
  if (vcpu.inGuest) loop.exit(vcpu, 'mmio');
  const direction = data === undefined ? 'read' : 'write';
  let isTold = false;
  const tell = (refused?: MmioRefusal, value = data ?? 0n): void => {
    if (!isTold) vcpu.emit({ kind: 'mmio', address, length, direction, value, ...(refused && { refused }) });
    isTold = true;
  };
  const answer = vcpu.gic?.memoryAccess(address, length, data, tell);
  tell(answer === undefined ? 'unmapped' : undefined, data ?? answer);
  return answer;
}

/** The same where the page is the hardware's: the guest goes on. Undefined: the access leaves it. */
export function accessDirectly(
  vcpu: Vcpu,
  address: bigint,
  length: number,
  data: bigint | undefined,
): bigint | undefined {
  const { cpu, gic } = vcpu;
  if (cpu === undefined || !vcpu.inGuest) return undefined;
  const answer = gic?.directAccess?.(cpu, address, length, data);
  if (answer === undefined) return undefined;
  const direction = data === undefined ? 'read' : 'write';
  vcpu.emit({ kind: 'mmio', address, length, direction, value: data ?? answer });
  return answer;
}

export function executeByName(vcpu: Vcpu, name: string, operand: bigint): GuestAccess {
  const instruction = gicInstruction(name);
  if (instruction === undefined) throw new RangeError(`no EL1 GIC instruction named ${name}`);
  const words = new Words();
  words.value = operand;
  const outcome = execute(vcpu, instruction, words);
  return { outcome, value: instruction.hasResult && outcome === 'performed' ? words.value : 0n };
}
