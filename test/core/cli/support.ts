/** Runs the command line inside the test: captured streams, a terminal or not, and a backend that the test gives. */
import { Readable, Writable } from 'node:stream';
import { main } from '../../../core/cli/main.ts';
import { type Io, type LaunchRequest } from '../../../core/cli/io.ts';
import {
  CONTRACT,
  type Args,
  type Method,
  type PushEvents,
  type Result,
  type TraceInfo,
} from '../../../core/session/contract.ts';
import { SessionError } from '../../../core/session/failure.ts';
import { type SessionBackend } from '../../../core/session/session.ts';

class Captured extends Writable {
  text = '';
  /** Fails, like a pipe whose reader left if nothing else is said, once this many characters were written. */
  readonly breaksAfter: number;
  readonly breaksWith: string;

  constructor(breaksAfter = Number.POSITIVE_INFINITY, breaksWith = 'EPIPE') {
    super({ decodeStrings: false });
    this.breaksAfter = breaksAfter;
    this.breaksWith = breaksWith;
  }

  override _write(chunk: unknown, _encoding: string, done: (error?: Error) => void): void {
    this.text += String(chunk);
    const { breaksWith: code } = this;
    done(this.text.length > this.breaksAfter ? Object.assign(new Error(`write ${code}`), { code }) : undefined);
  }
}

export interface Run {
  readonly backend?: SessionBackend;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly tty?: boolean;
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
  readonly stdoutBreaksAfter?: number;
  /** Code of the error then; absent: that of a pipe whose reader left. */
  readonly stdoutBreaksWith?: string;
  readonly launch?: (request: LaunchRequest) => Promise<number>;
}

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function run(argv: readonly string[], options: Run = {}): Promise<Ran> {
  const stdout = new Captured(options.stdoutBreaksAfter, options.stdoutBreaksWith);
  const stderr = new Captured();
  const tty = options.tty ?? false;
  const { backend, launch } = options;
  const io: Io = {
    stdout,
    stderr,
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    env: options.env ?? {},
    cwd: options.cwd ?? '/traces',
    isTty: { stdin: false, stdout: tty, stderr: tty },
    width: 100,
    now: options.now ?? Date.now,
    signal: options.signal ?? new AbortController().signal,
    ...(backend === undefined ? {} : { backend: () => Promise.resolve(backend) }),
    ...(launch === undefined ? {} : { launch }),
  };
  const exit = await main(argv, io);
  return { exit, stdout: stdout.text, stderr: stderr.text };
}

type Handlers = { readonly [M in Method]?: (args: Args<M>, signal: AbortSignal) => Result<M> | Promise<Result<M>> };

export interface FakeBackend extends SessionBackend {
  readonly calls: { readonly method: Method; readonly args: unknown }[];
  push(payload: PushEvents['task']): void;
  closed: boolean;
}

/** Answers with the given handlers; arguments and answers are held to the contract, unknown calls fail the test. */
export function fakeBackend(handlers: Handlers): FakeBackend {
  const calls: FakeBackend['calls'] = [];
  const listeners = new Set<(payload: never) => void>();
  return {
    calls,
    closed: false,
    async handle<M extends Method>(method: M, args: Args<M>, signal: AbortSignal): Promise<Result<M>> {
      if (signal.aborted) throw new SessionError({ code: 'cancelled', message: 'cancelled' });
      calls.push({ method, args });
      const handler = handlers[method];
      if (handler === undefined) throw new Error(`the test did not expect a call of ${method}`);
      const checked = CONTRACT[method].args.parse(args) as Args<M>;
      return CONTRACT[method].result.parse(await handler(checked, signal)) as Result<M>;
    },
    on(_event, handler) {
      listeners.add(handler);
      return () => listeners.delete(handler);
    },
    push(payload) {
      for (const listener of listeners) listener(payload as never);
    },
    close() {
      this.closed = true;
      return Promise.resolve();
    },
  };
}

export const INFO: TraceInfo = {
  id: 7,
  path: '/traces/boot.gscope',
  fileName: 'boot.gscope',
  fileBytes: 123_456,
  gic: 'v5',
  source: { kind: 'qemu-log', files: ['boot.log.xz'], facts: { 'time origin': '2026-11-20T21:55:32.992106Z' } },
  profile: null,
  vcpus: 2,
  events: 100,
  durationNs: 99_000,
  kinds: { 'irq.acknowledge': 3, 'register.access': 97 },
  names: { gicv5_gicr_cdia: 3 },
  lines: { read: 1104, asEvents: 100, merged: 1000, skipped: 4, reasons: { 'not a QEMU line': 4 } },
  busiest: 0x2000_001b,
  lanes: { others: [], intids: new Uint32Array(), vcpus: new Int32Array(), flags: new Uint8Array() },
  complete: true,
  finished: true,
  writable: true,
};

export const INTERRUPTS: Result<'trace.interrupts'>['interrupts'] = [
  { intid: 0x2000_001b, label: 'PPI 27', name: 'CNTV', vcpu: 0, acknowledged: 2, deactivated: 2 },
  { intid: 0x2000_001b, label: 'PPI 27', name: 'CNTV', vcpu: 1, acknowledged: 1, deactivated: 0 },
  { intid: 0x6000_0005, label: 'SPI 5', name: '', vcpu: null, acknowledged: 0, deactivated: 0 },
];

export const openClose = {
  'trace.open': () => INFO,
  'trace.interrupts': () => ({ interrupts: INTERRUPTS }),
  'trace.close': () => ({}),
  'analysis.injections': () => ({ interrupts: [{ intid: 0x2000_001b, count: 4 }] }),
} as const satisfies Handlers;
