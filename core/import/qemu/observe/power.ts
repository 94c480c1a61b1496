/** Reset, power, PSCI, and what the plugin says of a vCPU's execution. */
import { HAS_ARG, HAS_VALUE } from '../../../trace/columns.ts';
import { type Detail } from '../../../trace/kinds.ts';
import { type MachineEvent } from '../events/machine.ts';
import { type TraceLine, u64 } from '../trace-line.ts';
import { form } from './form.ts';
import { type Meaning } from './scene.ts';

/** Function identifiers of the PSCI specification (Arm DEN 0022); bit 30 marks the 64-bit form of the same call. */
const PSCI_FUNCTIONS: ReadonlyMap<number, string> = new Map([
  [0x8400_0000, 'PSCI_VERSION'],
  [0x8400_0001, 'CPU_SUSPEND'],
  [0x8400_0002, 'CPU_OFF'],
  [0x8400_0003, 'CPU_ON'],
  [0x8400_0004, 'AFFINITY_INFO'],
  [0x8400_0005, 'MIGRATE'],
  [0x8400_0006, 'MIGRATE_INFO_TYPE'],
  [0x8400_0007, 'MIGRATE_INFO_UP_CPU'],
  [0x8400_0008, 'SYSTEM_OFF'],
  [0x8400_0009, 'SYSTEM_RESET'],
  [0x8400_000a, 'PSCI_FEATURES'],
  [0x8400_000b, 'CPU_FREEZE'],
  [0x8400_000c, 'CPU_DEFAULT_SUSPEND'],
  [0x8400_000d, 'NODE_HW_STATE'],
  [0x8400_000e, 'SYSTEM_SUSPEND'],
  [0x8400_000f, 'PSCI_SET_SUSPEND_MODE'],
  [0x8400_0010, 'PSCI_STAT_RESIDENCY'],
  [0x8400_0011, 'PSCI_STAT_COUNT'],
  [0x8400_0012, 'SYSTEM_RESET2'],
  [0x8400_0013, 'MEM_PROTECT'],
  [0x8400_0014, 'MEM_PROTECT_CHECK_RANGE'],
  [0x8400_0015, 'SYSTEM_OFF2'],
]);
const SIXTY_FOUR = 0x4000_0000;

function functionName(identifier: number): string {
  return PSCI_FUNCTIONS.get((identifier & ~SIXTY_FOUR) >>> 0) ?? `function 0x${identifier.toString(16)}`;
}

/** A vCPU that is named by an affinity that nothing maps to an index is shown as it is printed. */
function named(line: TraceLine, vcpu: number, more: Detail = {}): { readonly detail?: Detail } {
  const detail = vcpu >= 0 ? more : { ...more, affinity: line.a };
  return Object.keys(detail).length === 0 ? {} : { detail };
}

const psciCall: Meaning = {
  prove: (_line, vcpu) => vcpu.run.runs(),
  tell: (line, vcpu, scene) => {
    const more: Record<string, string> = {};
    if (!isZero(line.s)) more['x2'] = `0x${line.s}`;
    if (!isZero(line.t)) more['x3'] = `0x${line.t}`;
    scene.emit(line, vcpu, 'guest', {
      kind: 'psci.call',
      function: functionName(line.vLo),
      x0: u64(line.vLo, line.vHi),
      x1: u64(line.wLo, line.wHi),
      ...named(line, vcpu, more),
    });
  },
};

function isZero(hex: string): boolean {
  return /^0*$/.test(hex);
}

const reset: Meaning = {
  prove: (_line, vcpu, scene) => {
    vcpu.reset();
    vcpu.updateMasked();
    scene.flat.reset(vcpu.index);
  },
  tell: (line, vcpu, scene) => {
    scene.emit(line, vcpu, 'hypervisor', { kind: 'vcpu.reset', ...named(line, vcpu) });
  },
};

function switched(on: boolean): Meaning {
  return {
    prove: (_line, vcpu) => vcpu.run.switched(on),
    tell: (line, vcpu, scene) => {
      const hasEntry = line.name === 'arm_powerctl_set_cpu_on';
      const entry = hasEntry ? { entry: u64(line.vLo, line.vHi) } : {};
      const argument = `0x${u64(line.wLo, line.wHi).toString(16)}`;
      const more = hasEntry ? { EL: line.b, mode: line.s, argument } : {};
      scene.emit(line, vcpu, 'hypervisor', { kind: 'vcpu.power', on, ...entry, ...named(line, vcpu, more) });
    },
  };
}

/** The processor's own reset steps: named, without a claim about the GIC. */
function setup(what: string): Meaning {
  return {
    tell: (line, vcpu, scene) => {
      scene.emit(line, vcpu, 'hypervisor', { kind: 'gic.setup', what, ...named(line, vcpu) });
    },
  };
}

const TAKEN = form('irq.taken', 'hardware');
const IDLE = form('vcpu.idle', 'guest');

const taken: Meaning = {
  prove: (_line, vcpu, scene) => vcpu.run.takesException(scene.showsDeactivations),
  tell: (line, vcpu, scene) => {
    const { vLo, vHi, wLo, wHi } = line;
    if (vcpu >= 0) return scene.post(line, vcpu, TAKEN, 0, undefined, HAS_VALUE | HAS_ARG, vLo, vHi, wLo, wHi);
    const from = u64(line.vLo, line.vHi);
    const to = u64(line.wLo, line.wHi);
    scene.emit(line, vcpu, 'hardware', { kind: 'irq.taken', from, to, ...named(line, vcpu) });
  },
};

const waits: Meaning = {
  prove: (_line, vcpu) => vcpu.run.waits(),
  tell: (line, vcpu, scene) => {
    if (vcpu >= 0) return scene.post(line, vcpu, IDLE, 0, undefined, HAS_ARG, 0, 0, line.vLo, line.vHi);
    const pc = u64(line.vLo, line.vHi);
    scene.emit(line, vcpu, 'guest', { kind: 'vcpu.idle', wfe: false, pc, ...named(line, vcpu) });
  },
};

const lost: Meaning = {
  apply: (_line, scene) => scene.forgetAll(),
  tell: (line, vcpu, scene) => {
    scene.emit(line, vcpu, 'unknown', { kind: 'lost', ...(line.a === 0 ? {} : { count: BigInt(line.a) }) });
  },
};

export const POWER = {
  arm_psci_call: psciCall,
  arm_cpu_reset: reset,
  arm_emulate_firmware_reset: setup('firmware reset emulated'),
  arm_powerctl_set_cpu_on: switched(true),
  arm_powerctl_set_cpu_on_and_reset: switched(true),
  arm_powerctl_set_cpu_off: switched(false),
  arm_powerctl_reset_cpu: setup('vCPU reset requested'),
  gicplug_irq_taken: taken,
  gicplug_wfi: waits,
  dropped_event: lost,
} as const satisfies Partial<Record<MachineEvent, Meaning>>;
