/**
 * What Ctrl+Z takes back: breakpoints, bookmarks, filters and lane changes. Moving the cursor is history, not undo.
 * Each step knows how to go back and forth.
 */
import { ref } from 'vue';

export interface UndoStep {
  readonly title: string;
  undo(): void | Promise<void>;
  redo(): void | Promise<void>;
}

const MOST_STEPS = 200;
const done: UndoStep[] = [];
const undone: UndoStep[] = [];
/** Titles of what would be undone and redone next, for menus. */
const nextUndo = ref('');
const nextRedo = ref('');

function show(): void {
  nextUndo.value = done.at(-1)?.title ?? '';
  nextRedo.value = undone.at(-1)?.title ?? '';
}

/** Records a step that has been done. */
export function record(step: UndoStep): void {
  done.push(step);
  if (done.length > MOST_STEPS) done.shift();
  undone.length = 0;
  show();
}

/** @returns the title of what was taken back, if anything was. */
export async function undo(): Promise<string | undefined> {
  const step = done.pop();
  if (step === undefined) return undefined;
  show();
  await step.undo();
  undone.push(step);
  show();
  return step.title;
}

export async function redo(): Promise<string | undefined> {
  const step = undone.pop();
  if (step === undefined) return undefined;
  show();
  await step.redo();
  done.push(step);
  show();
  return step.title;
}

/** Another trace: nothing of the old one can be taken back. */
export function forgetUndo(): void {
  done.length = 0;
  undone.length = 0;
  show();
}
