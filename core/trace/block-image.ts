/**
 * A block as its writer has it: what goes from the thread that records to the one that writes.
 *
 * Its rows are made where it is written, from its columns (event-rows.ts). Its blobs can be encoded on either side: they
 * cross as columns, or as bytes where the other thread is behind (write-queue.ts). The file is the same.
 */
import { type ChangeColumns, changeBytes, touchedBytes } from './block-changes.ts';
import { eventBytes } from './block-events.ts';
import { type TouchedSlots } from './block.ts';
import { type EventColumns, copyOfEvents } from './columns.ts';
import { type MessageMemory } from './message-memory.ts';

/** The contents of a block's blobs. */
export interface BlockContents {
  readonly events: Uint8Array;
  readonly touched: Uint8Array;
  readonly changes: Uint8Array;
}

export interface BlockState {
  readonly touched: TouchedSlots;
  readonly changes: ChangeColumns;
}

export interface BlockImage {
  readonly id: number;
  /** It will not grow. */
  readonly final: boolean;
  readonly columns: EventColumns;
  /** Per event the number of its detail's text + 1; 0: none. */
  readonly details: Uint32Array;
  /** How many of its events are rows already. */
  readonly rowsDone: number;
  /** Changes that its events own. */
  readonly changes: number;
  readonly firstTime: number;
  readonly lastTime: number;
  /** What its blobs are made of besides the columns, or their contents. */
  readonly blobs: BlockContents | BlockState;
  /** See `lifeBytes`. */
  readonly moments: Float64Array;
  /** Content of its keyframe, if it has one. */
  readonly keyframe: Uint8Array | undefined;
}

/** The contents of its blobs, valid until the next call. */
export function contentsOf({ columns, blobs }: BlockImage): BlockContents {
  if ('events' in blobs) return blobs;
  const { touched, changes } = blobs;
  return {
    events: eventBytes(columns, columns.count),
    touched: touchedBytes(touched),
    changes: changeBytes(changes, columns.count),
  };
}

/** The image in memory that another thread sees; the original is free again. */
export function copyOfImage(image: BlockImage, memory: MessageMemory): BlockImage {
  const { columns, details, blobs, moments, keyframe } = image;
  const { count } = columns;
  return {
    ...image,
    columns: copyOfEvents(columns, memory),
    details: memory.words(details.subarray(0, count)),
    blobs: 'events' in blobs ? copyOfContents(blobs, memory) : copyOfState(blobs, count, memory),
    moments: memory.numbers(moments),
    keyframe: keyframe === undefined ? undefined : memory.bytes(keyframe),
  };
}

function copyOfContents({ events, touched, changes }: BlockContents, memory: MessageMemory): BlockContents {
  return { events: memory.bytes(events), touched: memory.bytes(touched), changes: memory.bytes(changes) };
}

function copyOfState({ touched, changes }: BlockState, events: number, memory: MessageMemory): BlockState {
  const words = (from: Uint32Array, length: number): Uint32Array => memory.words(from.subarray(0, length));
  return {
    touched: {
      count: touched.count,
      slot: words(touched.slot, touched.count),
      beforeLo: words(touched.beforeLo, touched.count),
      beforeHi: words(touched.beforeHi, touched.count),
      afterLo: words(touched.afterLo, touched.count),
      afterHi: words(touched.afterHi, touched.count),
      known: memory.bytes(touched.known.subarray(0, touched.count)),
    },
    changes: {
      count: changes.count,
      perEvent: words(changes.perEvent, events),
      key: words(changes.key, changes.count),
      lo: words(changes.lo, changes.count),
      hi: words(changes.hi, changes.count),
    },
  };
}
