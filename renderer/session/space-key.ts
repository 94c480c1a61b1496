/** Space on the timeline: held, a drag pans; let go without a drag it opens or closes the group of lanes. */
import { onBeforeUnmount, onMounted } from 'vue';
import { commandFor, runCommand } from '../commands/index.ts';
import { keyPane } from '../panes.ts';

export interface SpaceKey {
  /** Whether it is held now. A press asks: from then on letting it go means nothing else. */
  takenByPress(): boolean;
}

export function useSpaceKey(): SpaceKey {
  let held = false;
  let used = false;
  const down = (event: KeyboardEvent): void => {
    if (event.code !== 'Space' || held || keyPane() !== 'timeline') return;
    held = true;
    used = false;
  };
  const up = (event: KeyboardEvent): void => {
    if (event.code !== 'Space' || !held) return;
    held = false;
    if (!used && commandFor(['Space'])?.id === 'lane.group') void runCommand('lane.group');
  };
  onMounted(() => {
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
  });
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', down);
    window.removeEventListener('keyup', up);
  });
  return {
    takenByPress() {
      used = held;
      return held;
    },
  };
}
