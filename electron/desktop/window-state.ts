/** Size and place of the window, kept between runs. Anything unreadable means the default. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const placeSchema = z.object({
  size: z.object({ width: z.int().min(1180).max(20_000), height: z.int().min(720).max(20_000) }),
  /** Null: the system chooses. */
  position: z.object({ x: z.int(), y: z.int() }).nullable(),
  maximized: z.boolean(),
});

export type WindowPlace = z.infer<typeof placeSchema>;

/** Smallest window that the layout fits (ui.md §2). */
export const SMALLEST = { width: 1180, height: 720 };
const DEFAULT: WindowPlace = { size: { width: 1440, height: 900 }, position: null, maximized: false };

export function readWindowPlace(file: string): WindowPlace {
  try {
    return placeSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return DEFAULT;
  }
}

export function writeWindowPlace(file: string, place: WindowPlace): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(place));
  } catch (error) {
    console.error(`gicscope: ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Whether a window's title bar lies on one of the screens, so that it can be found and moved. */
export function isOnScreen({ size, position }: WindowPlace, screens: readonly Rectangle[]): boolean {
  if (position === null) return false;
  const middle = position.x + size.width / 2;
  return screens.some(
    ({ x, y, width, height }) => middle >= x && middle < x + width && position.y >= y && position.y < y + height,
  );
}
