/**
 * What a command works with: output, messages, and traces through the session contract.
 */
import { resolve } from 'node:path';
import {
  type Args,
  type Method,
  type PushEvent,
  type PushEvents,
  type Result,
  type TraceInfo,
} from '../session/contract.ts';
import { printable } from '../state/units.ts';
import { type SessionBackend } from '../session/session.ts';
import { type Io } from './io.ts';
import { Output } from './output.ts';
import { type Style, styleFor } from './style.ts';
import { samplesFolder, version } from './package.ts';

/** Methods that speak of one open trace. */
type TraceMethod = { [M in Method]: 'id' extends keyof Args<M> ? M : never }[Method];

export interface OpenTrace {
  readonly info: TraceInfo;
  call<M extends TraceMethod>(method: M, args: Omit<Args<M>, 'id'>): Promise<Result<M>>;
}

export class Context {
  readonly io: Io;
  readonly out: Output;
  readonly style: Style;
  readonly #named: string[] = [];
  #backend: Promise<SessionBackend> | undefined;

  constructor(io: Io) {
    this.io = io;
    this.out = new Output(io.stdout, io.signal, 'standard output');
    this.style = styleFor(io.isTty.stdout, io.env);
    // A closed stderr loses messages, which is no reason to die.
    io.stderr.on('error', () => undefined);
  }

  /** A message for the person: never part of the output. Names of files and words of traces in it stay text. */
  say(message: string): void {
    const named = this.#named.reduce((text, name) => text.replaceAll(name, printable(name)), message);
    this.io.stderr.write(`${named.split('\n').map(printable).join('\n')}\n`);
  }

  path(given: string): string {
    // A message may have lines; a name that has some must not look like one of them.
    if (given.includes('\n')) this.#named.push(given);
    return resolve(this.io.cwd, given);
  }

  /** One call to the backend. Ctrl-C cancels it unless another signal is given. */
  async call<M extends Method>(method: M, args: Args<M>, signal = this.io.signal): Promise<Result<M>> {
    return (await this.#session()).handle(method, args, signal);
  }

  async on<E extends PushEvent>(event: E, handler: (payload: PushEvents[E]) => void): Promise<() => void> {
    return (await this.#session()).on(event, handler);
  }

  /** Opens a trace for as long as `use` runs. */
  async withTrace<T>(given: string, use: (trace: OpenTrace) => Promise<T>): Promise<T> {
    const info = await this.call('trace.open', { path: this.path(given) });
    try {
      return await use({
        info,
        // Adding the id to the rest of the arguments of M gives the arguments of M.
        call: (method, args) => this.call(method, { ...args, id: info.id } as Args<typeof method>),
      });
    } finally {
      await this.call('trace.close', { id: info.id }, new AbortController().signal);
    }
  }

  async close(): Promise<void> {
    if (this.#backend === undefined) return;
    await (await this.#backend).close();
  }

  #session(): Promise<SessionBackend> {
    this.#backend ??= this.io.backend === undefined ? backendOfThisProcess(this.io) : this.io.backend();
    return this.#backend;
  }
}

/** Loaded when a command needs it, so that help and completion are quick. Nothing is remembered between runs. */
async function backendOfThisProcess({ cwd, stdin }: Io): Promise<SessionBackend> {
  const { createBackend } = await import('../session/backend.ts');
  return createBackend({ version: version(), samples: samplesFolder(), imports: cwd, stdin });
}
