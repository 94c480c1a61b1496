/** Laws that every life of a VM with an ITS obeys, over random commands and messages. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CTRL, GROUP } from '../../../../../core/kvm/uapi.ts';
import { type StateVector } from '../../../../../core/state/state-vector.ts';
import { DEVICES, ItsLab, ittOf } from './its-lab.ts';
import {
  anything,
  DEVICE_IDS,
  EVENT_IDS,
  forgotten,
  harmless,
  hostile,
  ItsLife,
  LPIS,
  type Stimulus,
  VCPUS,
  violation,
} from './its-life.ts';
import { foldBackward, foldForward } from '../../../../support/fold.ts';

const SAVE = BigInt(CTRL.ITS_SAVE_TABLES);
const RESTORE = BigInt(CTRL.ITS_RESTORE_TABLES);
const RESET = BigInt(CTRL.ITS_RESET);
const EINVAL = -22;

/** A machine whose three events are mapped to the three LPIs, with few list registers and with many. */
function mappedLab(numLr: number): ItsLab {
  const lab = ItsLab.ready({ vcpus: VCPUS, numLr });
  lab.mapAll(0);
  for (const [n, event] of [0, 1, 5].entries()) lab.mapti(0, event, LPIS[n] ?? 0, n % VCPUS);
  lab.host.journal.clear();
  return lab;
}

const labs = new Map([1, 4].map((numLr) => [numLr, mappedLab(numLr)]));
const numLr = fc.constantFrom(...labs.keys());
const steps = (stimulus: fc.Arbitrary<Stimulus>) => fc.array(stimulus, { minLength: 1, maxLength: 40 });

function live(registers: number, run: (life: ItsLife) => void): void {
  liveOn(labs.get(registers) ?? mappedLab(registers), run);
}

/** Lives on a machine that is as it was afterwards. */
function liveOn(lab: ItsLab, run: (life: ItsLife) => void): void {
  const { journal } = lab.host;
  const mark = journal.mark();
  try {
    run(new ItsLife(lab));
  } finally {
    journal.undoTo(mark);
    lab.events.length = 0;
  }
}

/** As a guest that maps a device gives it a table of zeros; KVM leaves entries of events that went with their device. */
function zeroTables({ vm: { memory } }: ItsLab): void {
  for (const id of DEVICE_IDS) {
    memory.store(BigInt(DEVICES + 8 * id), 8, 0n);
    for (const event of EVENT_IDS) memory.store(BigInt(ittOf(id) + 8 * event), 8, 0n);
  }
}

/** A reset; the registers that say where the tables are come back at once. */
function forget(lab: ItsLab): void {
  const offsets = [0x100n, 0x108n];
  const basers = offsets.map((offset) => lab.itsAttr('get', GROUP.ITS_REGS, offset).val);
  lab.itsAttr('set', GROUP.CTRL, RESET);
  for (const [n, offset] of offsets.entries()) lab.itsAttr('set', GROUP.ITS_REGS, offset, basers[n]);
}

function mappingsOf({ its }: ItsLab): unknown {
  return {
    devices: its.devicesById.map((device) => [
      device.id,
      device.itt,
      device.idBits,
      device.eventsById.map(({ id, lpi, icid }) => [id, lpi, icid]),
    ]),
    collections: its.collections.map(({ icid, target }) => [icid, target]),
  };
}

const agreeing =
  (stimuli: readonly Stimulus[]) =>
  (life: ItsLife): void => {
    for (const s of stimuli) {
      life.perform(s);
      const wrong = violation(life.lab);
      if (wrong !== undefined) throw new Error(wrong);
    }
  };

describe('the life of a VM with an ITS', () => {
  it('keeps lists, mappings, cache and list registers in agreement', () => {
    fc.assert(
      fc.property(numLr, steps(anything), (registers, stimuli) => live(registers, agreeing(stimuli))),
      {
        numRuns: 4000,
      },
    );
  });

  it('does so whatever a guest writes into commands and tables', () => {
    // A machine of its own: every identifier that such a guest makes up leaves a slot.
    const lab = mappedLab(4);
    fc.assert(
      fc.property(steps(hostile), (stimuli) => liveOn(lab, agreeing(stimuli))),
      { numRuns: 1500 },
    );
  });

  it('is taken back and repeated by the journal, to any moment', () => {
    fc.assert(
      fc.property(numLr, steps(anything), fc.double({ min: 0, max: 1, noNaN: true }), (registers, stimuli, where) => {
        live(registers, (life) => {
          const { lab } = life;
          const { journal } = lab.host;
          const at = Math.floor(where * stimuli.length);
          const moment = (): { readonly mark: number; readonly state: StateVector } => ({
            mark: journal.mark(),
            state: journal.state.clone(),
          });
          for (const s of stimuli.slice(0, at)) life.perform(s);
          const middle = moment();
          for (const s of stimuli.slice(at)) life.perform(s);
          const last = moment();
          for (const { mark, state } of [middle, last, middle]) {
            if (mark <= journal.mark()) journal.undoTo(mark);
            else journal.redoTo(mark);
            state.growTo(journal.layout);
            expect(state.equals(journal.state)).toBe(true);
            expect(violation(lab)).toBeUndefined();
          }
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('is what its recorded changes add up to, forwards and backwards', () => {
    fc.assert(
      fc.property(numLr, steps(anything), (registers, stimuli) => {
        live(registers, (life) => {
          const { journal } = life.lab.host;
          const first = journal.mark();
          const copy = journal.state.clone();
          for (const s of stimuli) {
            const from = journal.mark();
            life.perform(s);
            copy.growTo(journal.layout);
            foldForward(copy, journal, from);
            if (!copy.equals(journal.state)) throw new Error(`the changes of ${s.do} do not lead to the state`);
          }
          foldBackward(copy, journal, first);
          journal.undoTo(first);
          expect(copy.equals(journal.state)).toBe(true);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('delivers each message at least once and never more often than it came', () => {
    fc.assert(
      fc.property(numLr, steps(harmless), (registers, stimuli) => {
        live(registers, (life) => {
          for (const s of stimuli) {
            life.perform(s);
            const lost = forgotten(life.lab);
            if (lost.length > 0) throw new Error(`${lost.join()} is pending and on no list`);
          }
          life.drain();
          for (const lpi of LPIS) {
            const [sent, taken] = [life.sent.get(lpi) ?? 0, life.taken.get(lpi) ?? 0];
            expect([lpi, sent === 0 ? taken === 0 : taken >= 1 && taken <= sent]).toEqual([lpi, true]);
          }
          expect([life.lab.list(0), life.lab.list(1)]).toEqual([[], []]);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('is the same after its tables went through memory, unless an event has lost its collection', () => {
    fc.assert(
      fc.property(numLr, steps(anything), (registers, stimuli) => {
        live(registers, (life) => {
          for (const s of stimuli) life.perform(s);
          const { lab } = life;
          if (!lab.its.hasTables) return;
          lab.stopped(() => {
            zeroTables(lab);
            const orphans = [...lab.its.events()].some(({ orphaned }) => orphaned);
            expect(lab.itsAttr('set', GROUP.CTRL, SAVE).ret).toBe(orphans ? EINVAL : 0);
            if (orphans) return;
            const before = mappingsOf(lab);
            forget(lab);
            expect(mappingsOf(lab)).toEqual({ devices: [], collections: [] });
            expect(lab.itsAttr('set', GROUP.CTRL, RESTORE).ret).toBe(0);
            expect(mappingsOf(lab)).toEqual(before);
            expect(violation(lab)).toBeUndefined();
          });
        });
      }),
      { numRuns: 2000 },
    );
  });
});
