/**
 * What a desktop shell offers a window beyond the session, as `window.gicscope`. Absent in a browser. Types only.
 */
import type { SessionBridge } from './transports.ts';

export interface WindowState {
  readonly maximized: boolean;
  readonly fullScreen: boolean;
  readonly focused: boolean;
}

/** Kinds of files that reports are, by extension. */
export type ReportFile = 'html' | 'md' | 'txt';

export interface ShellBridge extends SessionBridge {
  /** `linux`, `win32`, `darwin`: on macOS the system draws the window buttons at the left. */
  readonly platform: string;
  /** Path of a dropped File, empty for one that is not on disk. Takes a DOM `File`. */
  pathForFile(file: unknown): string;
  /** The system's open dialog; empty when the person cancels. */
  chooseFiles(purpose: 'open' | 'import' | 'scenario' | 'device-tree'): Promise<readonly string[]>;
  /** The system's save dialog for a report; null when the person cancels. It asked about overwriting. */
  chooseReport(kind: ReportFile, suggestedName: string): Promise<string | null>;
  /** Shows a file in the system's file manager. */
  reveal(path: string): void;
  readonly window: {
    minimize(): void;
    toggleMaximize(): void;
    close(): void;
    /** Opens the application menu at a point of the window, for the button in our own title bar. */
    showMenu(x: number, y: number): void;
    /** Tells the state at once and at each change. */
    onState(handler: (state: WindowState) => void): () => void;
  };
}
