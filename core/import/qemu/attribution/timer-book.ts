/**
 * What each vCPU's timers are set to, as far as it is proven: the way to know whose timer the main loop fires.
 *
 * The main loop keeps the timers of all vCPUs in one list by deadline and fires the earliest; registers cannot change
 * meanwhile, because both need the emulator's lock. So if every vCPU's setting is known and one armed deadline is the
 * earliest, that vCPU's timer fired. A counter offset is contained in the deadline that the log prints.
 */
import { TIMERS } from '../../../trace/kinds.ts';
import { NOBODY } from '../trace-line.ts';

const UNKNOWN = 0;
/** Cannot fire: disabled, or already fired. */
const QUIET = 1;
const ARMED = 2;

class Setting {
  state = UNKNOWN;
  deadlineLo = 0;
  deadlineHi = 0;
  /** ENABLE and IMASK as last written, or -1. */
  control = -1;
}

export const TIMER_COUNT = TIMERS.length;

export class TimerBook {
  /** By vCPU, then timer. */
  readonly #settings: Setting[][] = [];

  setting(vcpu: number, timer: number): Setting {
    const timers = (this.#settings[vcpu] ??= Array.from({ length: TIMER_COUNT }, () => new Setting()));
    // `timer` was checked against TIMERS when the line was read.
    return (timers[timer] ??= new Setting());
  }

  /** A vCPU was reset or created: the emulator stops and clears its timers. */
  reset(vcpu: number): void {
    for (let timer = 0; timer < TIMER_COUNT; timer++) {
      const setting = this.setting(vcpu, timer);
      setting.state = QUIET;
      setting.control = 0;
    }
  }

  control(vcpu: number, timer: number, value: number): void {
    this.setting(vcpu, timer).control = value & 3;
  }

  /** All ones: the deadline never comes. */
  deadline(vcpu: number, timer: number, lo: number, hi: number): void {
    const setting = this.setting(vcpu, timer);
    setting.state = lo === 0xffff_ffff && hi === 0xffff_ffff ? QUIET : ARMED;
    setting.deadlineLo = lo;
    setting.deadlineHi = hi;
  }

  disabled(vcpu: number, timer: number): void {
    this.setting(vcpu, timer).state = QUIET;
  }

  /** Something happened to this timer of one of these vCPUs, and nobody knows whose. */
  forget(vcpus: Iterable<number>, timer: number): void {
    for (const vcpu of vcpus) {
      const setting = this.setting(vcpu, timer);
      setting.state = UNKNOWN;
      setting.control = -1;
    }
  }

  /** Whose timer fires now, of `count` vCPUs. */
  whoFires(count: number, timer: number): number {
    let first = NOBODY;
    let isTie = false;
    for (let vcpu = 0; vcpu < count; vcpu++) {
      const setting = this.setting(vcpu, timer);
      if (setting.state === UNKNOWN) return NOBODY;
      if (setting.state === QUIET) continue;
      const order = first === NOBODY ? -1 : compare(setting, this.setting(first, timer));
      if (order < 0) first = vcpu;
      isTie = order === 0 || (isTie && order > 0);
    }
    return isTie ? NOBODY : first;
  }
}

function compare(a: Setting, b: Setting): number {
  return a.deadlineHi - b.deadlineHi || a.deadlineLo - b.deadlineLo;
}
