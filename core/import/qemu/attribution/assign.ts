/**
 * What each event is to the attributor: which action it starts or continues, and what it proves on the way. One row
 * per event; an event without one (and every unknown event) belongs to no action.
 */
import { intid, type InterruptType } from '../../../gic/intid.ts';
import { ACTOR, NOBODY, type TraceLine } from '../trace-line.ts';
import { perEvent } from '../events/table.ts';
import { type Action, ROLE } from './action.ts';
import { FLAT_ASSIGN } from './assign-flat.ts';
import { type Attributor } from './attributor.ts';
import { encodingKey } from './operation.ts';

/** Gives the line its action and, where its text or place tells, its vCPU. True: the line is part of the event before. */
export type Assign = (line: TraceLine, to: Attributor) => boolean | void;

/** GICv5 types as the IRS prints them. */
export const TYPE_WORDS: ReadonlyMap<string, InterruptType> = new Map([
  ['PPI', 'ppi'],
  ['LPI', 'lpi'],
  ['SPI', 'spi'],
]);

/** Identifier of an IRS line's type and number; 0 for a type that has none. */
function irsIdentifier(line: TraceLine): number {
  const type = TYPE_WORDS.get(line.t);
  return type === undefined ? 0 : intid(type, line.b);
}

function startsWith(kind: 'acknowledge' | 'drop' | 'deactivate'): Assign {
  return (line, to) => {
    line.action = to.start(kind, kind === 'drop' ? 0 : line.b);
  };
}

const command: Assign = (line, to) => {
  line.action = to.start('command', irsIdentifier(line), 0, -1, line.name);
};

function timerWrite(kind: 'timer-compare' | 'timer-value' | 'timer-offset'): Assign {
  return (line, to) => {
    const timer = kind === 'timer-offset' ? -1 : line.a;
    line.action = to.start(kind, line.vLo, kind === 'timer-value' ? 0 : line.vHi, timer);
  };
}

/** A line that either continues the current action or belongs to the IRS or a device, which prove no vCPU. */
function effect(role: number): Assign {
  return (line, to) => {
    line.action = to.continued(role) ?? to.start('device');
  };
}

function irsCandidate(line: TraceLine, to: Attributor): Action {
  const action = to.continued(ROLE.irsCandidate) ?? to.start('device');
  action.expects |= ROLE.signal;
  action.pe = to.machine.vcpu(line.a);
  line.action = action;
  line.subject = action.pe;
  return action;
}

/** A line that names a vCPU by affinity, about itself or about another. */
const power: Assign = (line, to) => {
  to.apart();
  line.subject = to.machine.vcpuOfAffinity(line.a);
};

export const ASSIGN: readonly (Assign | undefined)[] = perEvent<Assign>({
  gicv5_gicr_cdia: startsWith('acknowledge'),
  gicv5_cdeoi: startsWith('drop'),
  gicv5_cddi: startsWith('deactivate'),
  // Nothing was acknowledged: the read that follows gives 0.
  gicv5_gicr_cdia_fail: (line, to) => {
    line.action = to.start('acknowledge');
    line.action.expects = 0;
  },
  gicv5_recalc_ppi_hppi: (line, to) => {
    line.action = to.continued(ROLE.ppiCandidate) ?? to.start('ppi-registers');
  },
  gicv5_update_irq_fiq: (line, to) => {
    const continued = to.continued(ROLE.signal);
    line.action = continued ?? to.start('signal');
    // After an IRS candidate the signals are those of its PE, whoever caused it.
    if (continued !== undefined && continued.pe !== NOBODY) line.subject = continued.pe;
    if (continued !== undefined) continued.pe = NOBODY;
  },
  gicv5_update_ppi_state: (line, to) => {
    line.action = to.continued(ROLE.ppiLine) ?? to.start('ppi-input');
    to.inputChanged(line.action, line.a, line.b === 0 ? 0 : 1);
  },
  gicv5_irs_recalc_hppi: (line, to) => {
    const action = irsCandidate(line, to);
    if (action.pe !== NOBODY) to.offeredTo(action, action.pe, line);
  },
  gicv5_irs_recalc_hppi_fail: (line, to) => {
    irsCandidate(line, to).expects &= ~ROLE.signal;
  },
  gicv5_spi: (line, to) => {
    line.action = to.start('device');
    line.subject = NOBODY;
  },
  gicv5_spi_state: (line, to) => {
    line.action = to.continued(ROLE.spiState) ?? to.start('device');
    line.subject = NOBODY;
  },
  gicv5_activate: effect(ROLE.activate),
  gicv5_deactivate: (line, to) => {
    const action = to.continued(ROLE.deactivate);
    line.action = action ?? to.start('device');
    return action?.kind === 'deactivate' && action.keyLo === irsIdentifier(line);
  },
  gicv5_set_priority: command,
  gicv5_set_enabled: command,
  gicv5_set_pending: command,
  gicv5_set_handling: command,
  gicv5_set_target: command,
  gicv5_request_config: command,
  gicv5_ist_valid: (line, to) => {
    line.action = to.start('device');
  },
  gicv5_ist_invalid: (line, to) => {
    line.action = to.start('device');
  },
  gicv5_read: frameAccess,
  gicv5_write: frameAccess,
  gicv5_badread: frameAccess,
  gicv5_badwrite: frameAccess,
  gicv5_common_realize: (line, to) => {
    to.apart();
    line.subject = NOBODY;
    to.machine.setVcpus(line.b, 'gicv5_common_realize');
    to.machine.isFromStart = true;
    to.created(line.b);
  },
  arm_gt_ctl_write: (line, to) => {
    const action = to.start('timer-control', line.vLo, line.vHi, line.a);
    line.action = action;
    to.timerControl(action, line.vLo);
  },
  arm_gt_cval_write: timerWrite('timer-compare'),
  arm_gt_tval_write: timerWrite('timer-value'),
  arm_gt_cntvoff_write: timerWrite('timer-offset'),
  arm_gt_cntpoff_write: timerWrite('timer-offset'),
  arm_gt_imask_toggle: effect(ROLE.maskToggle),
  arm_gt_update_irq: effect(ROLE.timerLine),
  arm_gt_recalc: (line, to) => {
    const action = to.continued(ROLE.deadline) ?? to.start('timer-fires', line.vLo, line.vHi, line.a);
    line.action = action;
    to.deadline(action, line.a, line.vLo, line.vHi);
  },
  arm_gt_recalc_disabled: (line, to) => {
    line.action = to.continued(ROLE.timerOff) ?? to.start('device');
    to.timerDisabled(line.action, line.a);
  },
  arm_psci_call: (line, to) => {
    to.apart();
    line.subject = to.machine.vcpuOfAffinity(line.a);
    if (line.subject !== NOBODY) to.ownLine(line.subject);
    to.spokeAs(line.subject, line);
  },
  arm_cpu_reset: (line, to) => {
    to.apart();
    to.machine.sawReset(line.a);
    line.subject = to.machine.vcpuOfAffinity(line.a);
    if (line.subject !== NOBODY) to.wasReset(line.subject);
  },
  arm_emulate_firmware_reset: power,
  arm_powerctl_set_cpu_on: power,
  arm_powerctl_set_cpu_on_and_reset: power,
  arm_powerctl_set_cpu_off: power,
  arm_powerctl_reset_cpu: power,
  gicplug_sysreg_write: (line, to) => {
    line.subject = to.machine.vcpu(line.a);
    if (line.subject !== NOBODY) to.write(line.subject, encodingOf(line), line.vLo, line.vHi);
    to.spokeAs(line.subject, line);
  },
  gicplug_sysreg_read: (line, to) => {
    line.subject = to.machine.vcpu(line.a);
    if (line.subject !== NOBODY) to.read(line.subject, encodingOf(line), line.vLo, line.vHi);
    to.spokeAs(line.subject, line);
  },
  gicplug_irq_taken: plugin,
  gicplug_wfi: plugin,
  dropped_event: (line, to) => {
    to.lost();
    line.subject = NOBODY;
  },
  'Taking exception': (line, to) => {
    if (line.s === '') {
      // What an exception says is its own (exceptions.ts).
      line.said.s = line.t;
      line.said.t = '';
      line.subject = to.machine.only === NOBODY ? to.printer : to.machine.only;
    } else {
      line.subject = to.machine.vcpu(line.b);
      to.spokeAs(line.subject, line);
    }
    if (line.subject !== NOBODY) to.ownLine(line.subject);
  },
  'Exception return': unnamed,
  '...from': unnamed,
  '...with ESR': unnamed,
  '...with FAR': unnamed,
  '...with SPSR': unnamed,
  '...with ELR': unnamed,
  '...to': unnamed,
  '...handled as': unnamed,
  ...FLAT_ASSIGN,
});

/** Lines of memory-mapped accesses stand after their effects and name no vCPU (gicv5-cpuif-behaviour §16). */
function frameAccess(line: TraceLine, to: Attributor): void {
  line.action = to.start('access');
}

/** Printed by a vCPU, and nothing says which but its thread. */
function unnamed(line: TraceLine, to: Attributor): void {
  line.subject = to.printer;
}

function plugin(line: TraceLine, to: Attributor): void {
  line.subject = to.machine.vcpu(line.a);
  if (line.subject !== NOBODY) to.ownLine(line.subject);
  to.spokeAs(line.subject, line);
}

export function encodingOf(line: TraceLine): number {
  return encodingKey(line.b, line.c, line.d, line.e, line.f);
}

/** The vCPU that a line is about: the one it names, else the one that acts. */
export function vcpuOf(line: TraceLine): number {
  if (line.subject !== ACTOR) return line.subject;
  return line.action === undefined ? NOBODY : line.action.actor;
}
