import type { App } from 'electron';
import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { BackendHost } from '../../../electron/backend-host.ts';
import { prepareQuit } from '../../../electron/desktop/quit.ts';

/** The part of `app` that quitting uses, with Electron's order: before-quit, which may be prevented, then the end. */
class FakeApp extends EventEmitter {
  ended = 0;
  quit(): void {
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => (prevented = true) });
    if (!prevented) this.ended++;
  }
}

function prepare(running: number, answer: boolean) {
  const app = new FakeApp();
  const backend = { running, close: vi.fn(() => Promise.resolve()) };
  const ask = vi.fn(() => Promise.resolve(answer));
  // Quitting uses `running` and `close` of a backend, `on` and `quit` of the application.
  const quitting = prepareQuit(app as unknown as App, backend as unknown as BackendHost, ask);
  return { app, backend, ask, quitting };
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('quitting', () => {
  it('closes the backend first, without asking when nothing runs', async () => {
    const { app, backend, ask } = prepare(0, false);
    app.quit();
    expect(app.ended).toBe(0);
    await settle();
    expect(ask).not.toHaveBeenCalled();
    expect(backend.close).toHaveBeenCalledOnce();
    expect(app.ended).toBe(1);
  });

  it('asks when work is in flight, and stays when the person says so', async () => {
    const { app, backend, ask } = prepare(2, false);
    app.quit();
    app.quit();
    await settle();
    expect(ask).toHaveBeenCalledExactlyOnceWith(2);
    expect(backend.close).not.toHaveBeenCalled();
    expect(app.ended).toBe(0);
    app.quit();
    await settle();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('stops the work cleanly when the person agrees', async () => {
    const { app, backend } = prepare(1, true);
    app.quit();
    await settle();
    expect(backend.close).toHaveBeenCalledOnce();
    expect(app.ended).toBe(1);
  });

  it('does not ask when the system wants it to end', async () => {
    const { app, ask, quitting } = prepare(1, false);
    quitting.now();
    await settle();
    expect(ask).not.toHaveBeenCalled();
    expect(app.ended).toBe(1);
  });

  it('keeps the last window while work is in flight, and asks', async () => {
    const { app, ask, quitting } = prepare(1, true);
    expect(quitting.holds(1)).toBe(false);
    expect(quitting.holds(0)).toBe(true);
    await settle();
    expect(ask).toHaveBeenCalledOnce();
    expect(app.ended).toBe(1);
    expect(quitting.holds(0)).toBe(false);
    expect(prepare(0, true).quitting.holds(0)).toBe(false);
  });
});
