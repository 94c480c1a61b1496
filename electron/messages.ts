/** What passes between the main thread and the thread that hosts the backend. Both sides are ours. */
import type { Outcome } from '../core/session/client.ts';
import type { PushEvent } from '../core/session/contract.ts';

export type ToBackend =
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly args: unknown }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

export type FromBackend =
  | { readonly type: 'outcome'; readonly id: number; readonly outcome: Outcome }
  | { readonly type: 'push'; readonly event: PushEvent; readonly payload: unknown }
  /** The last message: tasks have ended, files are closed. */
  | { readonly type: 'closed' };
