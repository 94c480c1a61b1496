/** The panes that F6 goes through, and what each lets commands do to it. Components register themselves. */
import { onBeforeUnmount } from 'vue';

const PANES = ['transport', 'minimap', 'timeline', 'events', 'dock', 'inspector'] as const;
export type Pane = (typeof PANES)[number];

export interface PaneActions {
  /** Puts the focus where this pane wants it. */
  focus(): void;
  /** Moves the focused row or lane. */
  move?(rows: number): void;
  page?(pages: 1 | -1): void;
  /** Sets the cursor to the focused row, or opens it. */
  enter?(): void;
  copy?(link: boolean): void;
  /** Puts the caret into the pane's text field. */
  edit?(): void;
}

const registered = new Map<Pane, PaneActions>();

/** Registers the pane of the calling component for as long as it lives. */
export function usePane(pane: Pane, actions: PaneActions): void {
  registered.set(pane, actions);
  onBeforeUnmount(() => {
    if (registered.get(pane) === actions) registered.delete(pane);
  });
}

export function paneActions(pane: Pane): PaneActions | undefined {
  return registered.get(pane);
}

/** The pane that holds the focus. */
export function focusedPane(): Pane | undefined {
  const name = document.activeElement?.closest<HTMLElement>('[data-pane]')?.dataset['pane'];
  return PANES.find((pane) => pane === name);
}

/** The pane that keys are for: without any focus, as behind opening a trace or closing a dialog, it is the timeline. */
export function keyPane(): Pane | undefined {
  const active = document.activeElement;
  return active === null || active === document.body ? 'timeline' : focusedPane();
}

/** Moves the focus to the next or previous pane that is there. */
export function cyclePane(step: 1 | -1): void {
  const current = focusedPane();
  const start = current === undefined ? (step > 0 ? -1 : 0) : PANES.indexOf(current);
  for (let offset = 1; offset <= PANES.length; offset++) {
    const index = (start + step * offset + PANES.length * 2) % PANES.length;
    const pane = PANES[index];
    const actions = pane === undefined ? undefined : registered.get(pane);
    if (actions !== undefined) return actions.focus();
  }
}
