/** What the application asked of the system, for tests to look at. */
export interface StandInRecord {
  /** Dialogs shown, in order. */
  readonly dialogs: { readonly method: string; readonly options: unknown }[];
  /** URLs given to the system's browser. */
  readonly external: string[];
  /** Files shown in the file manager. */
  readonly revealed: string[];
  readonly recentDocuments: string[];
  /** window.open by pages, and what was decided. */
  readonly windowsAsked: { readonly url: string; readonly action: string }[];
  /** Requests of pages that the application does not answer: with Electron they would reach the network. */
  readonly network: string[];
  readonly menusShown: { readonly x: number; readonly y: number }[];
  readonly errors: string[];
  developerTools: number;
  aboutShown: number;
}

export const record: StandInRecord = {
  dialogs: [],
  external: [],
  revealed: [],
  recentDocuments: [],
  windowsAsked: [],
  network: [],
  menusShown: [],
  errors: [],
  developerTools: 0,
  aboutShown: 0,
};
