import { type ShellBridge } from '../core/session/shell.ts';
import { type DebugSnapshot } from './debug.ts';

declare global {
  interface Window {
    /** The desktop shell's preload bridge; absent in a browser. */
    readonly gicscope?: ShellBridge;
    /** What was last painted, for tests and bug reports. Read only. */
    __gicscope?: DebugSnapshot;
  }
}
