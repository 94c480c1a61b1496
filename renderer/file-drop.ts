/**
 * Files held over the window and let go. The browser tells of each element that is entered and left, so entries are
 * counted; what is dragged from within the window (text, a divider) is no file.
 */
import { openDropped } from './open-file.ts';
import { useUi } from './stores/ui.ts';

export interface FileDrop {
  enter(event: DragEvent): void;
  leave(event: DragEvent): void;
  over(event: DragEvent): void;
  drop(event: DragEvent): Promise<void>;
}

export function useFileDrop(): FileDrop {
  const ui = useUi();
  let depth = 0;
  const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') === true;
  function move(by: 1 | -1): void {
    depth = Math.max(0, depth + by);
    ui.dropping = depth > 0;
  }
  return {
    enter(event) {
      if (hasFiles(event)) move(1);
    },
    leave(event) {
      if (hasFiles(event)) move(-1);
    },
    over(event) {
      if (hasFiles(event)) event.preventDefault();
    },
    async drop(event) {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      ui.dropping = false;
      await openDropped(event.dataTransfer?.files ?? []);
    },
  };
}
