/**
 * Laws of a GICv3 or GICv2 VM's life under any stimuli: what properties assert of either model, with stimuli of its own.
 */
import { expect } from 'vitest';
import { digest } from '../../core/state/digest.ts';
import { type V3Lab } from '../conformance/v3-lab.ts';
import { foldForward } from './fold.ts';
import { violation } from './vgic-laws.ts';

/** A machine, and how it takes one stimulus. */
export interface Life<S> {
  readonly lab: V3Lab;
  perform(stimulus: S): void;
}

/** Undo leads to the state of any moment, redo to the last. `where`: the moment, 0 the first, 1 the last. */
export function isTakenBack<S>(life: Life<S>, stimuli: readonly S[], where: number): void {
  const { journal } = life.lab.host;
  journal.clear();
  const moments = [{ mark: journal.mark(), digest: digest(journal.state) }];
  for (const s of stimuli) {
    life.perform(s);
    moments.push({ mark: journal.mark(), digest: digest(journal.state) });
  }
  const moment = moments[Math.floor(where * stimuli.length)];
  journal.undoTo(moment?.mark ?? 0);
  expect(digest(journal.state)).toBe(moment?.digest);
  expect(violation(life.lab)).toBeUndefined();
  journal.redoTo(moments.at(-1)?.mark ?? 0);
  expect(digest(journal.state)).toBe(moments.at(-1)?.digest);
  journal.undoTo(moments[0]?.mark ?? 0);
  expect(digest(journal.state)).toBe(moments[0]?.digest);
}

/** The changes that belong to each event lead from state to state. */
export function isWhatChangesSay<S>(life: Life<S>, stimuli: readonly S[]): void {
  const { host } = life.lab;
  const { journal } = host;
  journal.clear();
  const copy = journal.state.clone();
  const reduce = (): void => {
    copy.growTo(journal.layout);
    foldForward(copy, journal);
    journal.clear();
  };
  host.observe(reduce);
  for (const s of stimuli) {
    life.perform(s);
    reduce();
    if (!copy.equals(journal.state)) throw new Error('the changes do not lead to the state');
  }
}

/** The invariants of every VM hold after each stimulus. */
export function staysLawful<S>(life: Life<S>, stimuli: readonly S[]): void {
  for (const s of stimuli) {
    life.perform(s);
    const wrong = violation(life.lab);
    if (wrong !== undefined) throw new Error(wrong);
  }
}

/** A register that is saved: its attribute, and what must be written before because a write only sets. */
export interface Saved {
  readonly group: number;
  readonly attr: bigint;
  readonly clears?: bigint;
}

/** What userspace saves of one machine and restores on another reads the same there. `registers`: in order of the restore. */
export function survivesRestore(source: V3Lab, target: V3Lab, registers: readonly Saved[]): void {
  const saved = source.stopped(() => imageOf(source, registers));
  target.stopped(() => restoreImage(target, registers, saved));
  expect(target.stopped(() => imageOf(target, registers))).toEqual(saved);
  expect(violation(target)).toBeUndefined();
}

function imageOf(lab: V3Lab, registers: readonly Saved[]): bigint[] {
  return registers.map(({ group, attr }) => {
    const { ret, val } = lab.attr('get', group, attr);
    if (ret !== 0) throw new Error(`group ${group}, 0x${attr.toString(16)}: ${ret}`);
    return val;
  });
}

function restoreImage(lab: V3Lab, registers: readonly Saved[], image: readonly bigint[]): void {
  registers.forEach(({ group, attr, clears }, n) => {
    const results = [
      ...(clears === undefined ? [] : [lab.attr('set', group, clears, 0xffff_ffffn).ret]),
      lab.attr('set', group, attr, image[n] ?? 0n).ret,
    ];
    if (results.some((ret) => ret !== 0)) throw new Error(`group ${group}, 0x${attr.toString(16)}: ${results.join()}`);
  });
}
