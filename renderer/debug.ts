/** What the window shows, as plain data for end-to-end tests and bug reports. Written after each paint, never read. */
import { type DrawnLane } from './timeline/scene.ts';

export interface DebugSnapshot {
  readonly view: 'start' | 'session';
  readonly seq: number;
  readonly time: number;
  readonly events: number;
  readonly window: { readonly from: number; readonly to: number };
  readonly lanes: readonly DrawnLane[];
  readonly selected: string | null;
  readonly vcpu: number;
  readonly breakpoints: number;
  readonly paints: number;
  /** Nothing is on its way: what is drawn is what was asked. */
  readonly settled: boolean;
}

export function publish(snapshot: DebugSnapshot): void {
  window.__gicscope = Object.freeze(snapshot);
}
