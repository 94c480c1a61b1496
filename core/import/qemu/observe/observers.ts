/** What every known event means, one table. A GIC model adds a file of its own and a line here. */
import { type KnownEvent, perEvent } from '../events/table.ts';
import { CPU_INTERFACE } from './cpu-interface.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { GICV3_CPU_INTERFACE } from './flat/cpu-interface.ts';
import { GICV3_FRAMES } from './flat/frames.ts';
import { GICV2 } from './flat/gicv2.ts';
import { GICV3_ITS } from './flat/its.ts';
import { IRS } from './irs.ts';
import { IRS_COMMANDS } from './irs-commands.ts';
import { IRS_FRAME } from './irs-frame.ts';
import { POWER } from './power.ts';
import { REGISTERS } from './registers.ts';
import { type Meaning, type WholeMeaning, whole } from './scene.ts';
import { TIMER_EVENTS } from './timers.ts';

const ALL: Readonly<Record<KnownEvent, Meaning>> = {
  ...CPU_INTERFACE,
  ...IRS,
  ...IRS_COMMANDS,
  ...IRS_FRAME,
  ...TIMER_EVENTS,
  ...POWER,
  ...REGISTERS,
  ...GICV3_CPU_INTERFACE,
  ...GICV3_FRAMES,
  ...GICV3_ITS,
  ...GICV2,
  ...EXCEPTIONS,
};

/** By the number of the event's row; objects of one shape, whose parts every line asks for. */
export const MEANINGS: readonly (WholeMeaning | undefined)[] = perEvent<Meaning>(ALL).map(
  (meaning) => meaning && whole(meaning),
);
