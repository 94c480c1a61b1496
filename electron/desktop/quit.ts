/**
 * Ending the application. With an import under way the person is asked first; then the backend ends its tasks cleanly
 * (what is recorded is kept) and closes its files, at most for a few seconds: a thread that hangs does not hold the
 * application.
 */
import type { App } from 'electron';
import type { BackendHost } from '../backend-host.ts';

export interface Quitting {
  /** Ends without asking: the system or a terminal wants it. */
  now(): void;
  /** Whether closing this many windows would end running work: then the person is asked, and the windows stay. */
  holds(windowsLeft: number): boolean;
}

/** `ask`: whether running work may be stopped. */
export function prepareQuit(app: App, backend: BackendHost, ask: (running: number) => Promise<boolean>): Quitting {
  let agreed = false;
  let closed = false;
  let busy = false;

  async function quit(): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      if (!agreed && backend.running > 0 && !(await ask(backend.running))) return;
      agreed = true;
      await backend.close();
      closed = true;
      app.quit();
    } finally {
      busy = false;
    }
  }

  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    void quit();
  });
  return {
    now() {
      agreed = true;
      app.quit();
    },
    holds(windowsLeft) {
      if (agreed || backend.running === 0 || windowsLeft > 0) return false;
      app.quit();
      return true;
    },
  };
}
