/** `ipcMain`, and what delivers to it. */
import { EventEmitter } from 'node:events';
import { decodeClone, encodeClone } from './clone.ts';

/** The frame that a message claims to come from. */
export interface Frame {
  readonly url: string;
  readonly parent: Frame | null;
}

type Handler = (event: object, ...args: unknown[]) => unknown;

class IpcMain extends EventEmitter {
  readonly #handlers = new Map<string, Handler>();

  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, handler);
  }

  deliver(sender: object, senderFrame: Frame | null, channel: string, args: readonly unknown[]): void {
    this.emit(channel, { sender, senderFrame }, ...args);
  }

  /** The answer as text, because it is copied on its way like the arguments were. */
  async ask(sender: object, senderFrame: Frame | null, channel: string, args: readonly unknown[]): Promise<string> {
    const handler = this.#handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    return encodeClone(await handler({ sender, senderFrame }, ...args));
  }
}

export const ipcMain = new IpcMain();

/** Arguments of a message, which are always an array. */
export const argumentsOf = (text: string): unknown[] => decodeClone(text) as unknown[];
