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
  /** ENABLE and IMASK as 0 or 1, or -1. */
  enable = -1;
  mask = -1;
}

const TIMER_COUNT = TIMERS.length;

export class TimerBook {
  /** By vCPU, then timer. */
  readonly #settings: Setting[][] = [];

  setting(vcpu: number, timer: number): Readonly<Setting> {
    return this.#setting(vcpu, timer);
  }

  /** A vCPU was reset or created: the emulator stops and clears its timers. */
  reset(vcpu: number): void {
    for (let timer = 0; timer < TIMER_COUNT; timer++) {
      const setting = this.#setting(vcpu, timer);
      setting.state = QUIET;
      setting.enable = 0;
      setting.mask = 0;
    }
  }

  /** Control was written. Enabling without a known deadline leaves it open when it fires. */
  control(vcpu: number, timer: number, value: number): void {
    const setting = this.#setting(vcpu, timer);
    const enable = value & 1;
    if (enable === 0) setting.state = QUIET;
    else if (setting.enable !== 1) setting.state = UNKNOWN;
    setting.enable = enable;
    setting.mask = (value >> 1) & 1;
  }

  /** Only an enabled timer has a deadline. All ones: it never comes. */
  deadline(vcpu: number, timer: number, lo: number, hi: number): void {
    const setting = this.#setting(vcpu, timer);
    setting.state = lo === 0xffff_ffff && hi === 0xffff_ffff ? QUIET : ARMED;
    setting.deadlineLo = lo;
    setting.deadlineHi = hi;
    setting.enable = 1;
  }

  disabled(vcpu: number, timer: number): void {
    const setting = this.#setting(vcpu, timer);
    setting.state = QUIET;
    setting.enable = 0;
  }

  /** The timer of one of these vCPUs fired or was set anew, and nobody knows whose. */
  forgetDeadline(vcpus: Iterable<number>, timer: number): void {
    for (const vcpu of vcpus) this.#setting(vcpu, timer).state = UNKNOWN;
  }

  /** As before, and its control may have changed. */
  forget(vcpus: Iterable<number>, timer: number): void {
    for (const vcpu of vcpus) {
      const setting = this.#setting(vcpu, timer);
      setting.state = UNKNOWN;
      setting.enable = -1;
      setting.mask = -1;
    }
  }

  forgetAll(): void {
    for (let timer = 0; timer < TIMER_COUNT; timer++) this.forget(this.#settings.keys(), timer);
  }

  #setting(vcpu: number, timer: number): Setting {
    const timers = (this.#settings[vcpu] ??= Array.from({ length: TIMER_COUNT }, () => new Setting()));
    // `timer` was checked against TIMERS when the line was read.
    return (timers[timer] ??= new Setting());
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
