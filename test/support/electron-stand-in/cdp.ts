/** The DevTools protocol over one WebSocket: commands with answers, events by session. */
import { EventEmitter } from 'node:events';
import { WebSocket } from 'ws';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** One target of the browser; without a session the browser itself. Emits events under their method's name. */
export class CdpSession extends EventEmitter {
  readonly #connection: CdpConnection;
  readonly #sessionId: string | undefined;

  constructor(connection: CdpConnection, sessionId: string | undefined) {
    super();
    this.#connection = connection;
    this.#sessionId = sessionId;
  }

  /** The protocol declares what a method answers; callers name that. */
  send<T = unknown>(method: string, params: object = {}): Promise<T> {
    return this.#connection.send(method, params, this.#sessionId) as Promise<T>;
  }
}

export class CdpConnection {
  readonly browser: CdpSession;
  readonly #socket: WebSocket;
  readonly #sessions = new Map<string, CdpSession>();
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.browser = new CdpSession(this, undefined);
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as Message));
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser is gone'));
      this.#waiting.clear();
    });
  }

  static connect(url: string): Promise<CdpConnection> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { maxPayload: 1 << 30, perMessageDeflate: false });
      socket.on('open', () => resolve(new CdpConnection(socket)));
      socket.on('error', reject);
    });
  }

  send(method: string, params: object, sessionId: string | undefined): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject: (error) => reject(new Error(`${method}: ${error.message}`)) });
      this.#socket.send(
        JSON.stringify(sessionId === undefined ? { id, method, params } : { id, method, params, sessionId }),
      );
    });
  }

  async attach(targetId: string): Promise<CdpSession> {
    const { sessionId } = await this.browser.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    });
    const session = new CdpSession(this, sessionId);
    this.#sessions.set(sessionId, session);
    return session;
  }

  #receive(message: Message): void {
    if (message.id !== undefined) {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error === undefined) waiting?.resolve(message.result);
      else waiting?.reject(new Error(message.error.message));
    } else if (message.method !== undefined) {
      const session = message.sessionId === undefined ? this.browser : this.#sessions.get(message.sessionId);
      session?.emit(message.method, message.params);
    }
  }
}
