/**
 * One core behind a shut gate, instruction by instruction: what `Core.run(1)` does, without what a longer run needs.
 *
 * Kept: the operations of the page under the PC, as long as the core's code cache keeps its pages. Cost: four compares
 * and the operation's call; an instruction that changes page, or after which an interrupt might be taken, goes through
 * `Core.run`.
 */
import { type Core } from './a64/index.ts';
import { type Op } from './a64/execute/op.ts';
import { ATTENTION } from './a64/execute/signals.ts';

const PAGE_MASK = ~4095;
const NO_PAGE: readonly Op[] = [];

export class Stepper {
  readonly #core: Core;
  #page: readonly Op[] = NO_PAGE;
  #base = 0;
  #hi = 0;
  #generation = -1;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Executes up to `count` instructions at once; the answer is how many. The core stands before the next one. */
  run(count: number): number {
    const core = this.#core;
    const stop = core.run(count);
    if (stop.kind === 'trap') {
      // One that the gate held up: it is executed later.
      core.executed--;
      core.total--;
      core.pcValue = stop.exception.pc;
    }
    return core.executed;
  }

  /** Executes one instruction; false: the gate held it up, or somebody calls the core back. */
  step(): boolean {
    const core = this.#core;
    const { pc } = core;
    if (
      core.attention !== 0 ||
      ((pc ^ this.#base) & PAGE_MASK) !== 0 ||
      (pc & 3) !== 0 ||
      core.pcHi !== this.#hi ||
      core.code.generation !== this.#generation
    )
      return this.#stepSlowly();
    const op = this.#page[(pc & 4095) >>> 2];
    if (op === undefined) return this.#stepSlowly();
    core.pc = (pc + 4) | 0;
    op(core);
    core.total++;
    return core.attention === 0 || this.#attend();
  }

  /** The instruction that was executed asks for something. */
  #attend(): boolean {
    const core = this.#core;
    // Where a branch has led is looked at in any case.
    if (core.attention === ATTENTION.BRANCH) core.attention = 0;
    if ((core.attention & ATTENTION.STOP) === 0) return true;
    core.attention &= ~ATTENTION.STOP;
    core.total--;
    if (core.stop?.kind === 'trap') core.pcValue = core.stop.exception.pc;
    return false;
  }

  #stepSlowly(): boolean {
    const core = this.#core;
    const isDone = this.run(1) === 1;
    const offset = core.ram.offsetOf(core.pc, core.pcHi, 4);
    this.#generation = -1;
    if (offset < 0) return isDone;
    this.#page = core.code.page(offset & PAGE_MASK);
    this.#base = core.pc & PAGE_MASK;
    this.#hi = core.pcHi;
    this.#generation = core.code.generation;
    return isDone;
  }
}
