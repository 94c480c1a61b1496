/** What a host of the backend offers; implemented in this folder, carried by Electron IPC, WebSocket or a direct call. */
import type { Args, Method, PushEvent, PushEvents, Result } from './contract.ts';

export interface SessionBackend {
  /** Answers one call. Arguments are checked against the contract first. */
  handle<M extends Method>(method: M, args: Args<M>, signal: AbortSignal): Promise<Result<M>>;
  on<E extends PushEvent>(event: E, handler: (payload: PushEvents[E]) => void): () => void;
  /** Ends running tasks cleanly (what is recorded stays usable) and closes files. */
  close(): Promise<void>;
}
