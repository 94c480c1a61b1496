/** What tests call: starts the built application on the stand-in, and talks to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Commands } from './control.ts';

export interface StandIn {
  /** Runs one command inside the application's process. */
  run<C extends keyof Commands>(
    command: C,
    ...args: Parameters<Commands[C]>
  ): Promise<Awaited<ReturnType<Commands[C]>>>;
  /** Resolves with the exit code when the application has ended. */
  readonly ended: Promise<number>;
  /** What a second instance handed to the first. */
  readonly handedOver: unknown;
  output(): string;
  signal(signal: NodeJS.Signals): void;
  kill(): void;
}

export interface StandInOptions {
  /** Path of the built main process. */
  readonly main: string;
  /** The application's folder, as Electron is given it. */
  readonly folder: string;
  readonly args: readonly string[];
  /** DevTools endpoint of a running Chromium. */
  readonly chromium: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Answer {
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly handedOver?: unknown;
}

export function launchStandIn({ main, folder, args, chromium, env }: StandInOptions): StandIn {
  const register = fileURLToPath(new URL('register.ts', import.meta.url));
  // process.argv of Electron: its own path, the application's folder, the arguments. Node.js has a script there.
  const child: ChildProcess = fork(main, [...args], {
    execPath: process.execPath,
    execArgv: ['--disable-warning=ExperimentalWarning', '--import', register],
    cwd: folder,
    env: { ...process.env, ...env, STAND_IN_CHROMIUM: chromium },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  let output = '';
  let handedOver: unknown;
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('message', (answer: Answer) => {
    if ('handedOver' in answer) handedOver = answer.handedOver;
    const call = waiting.get(answer.id ?? 0);
    waiting.delete(answer.id ?? 0);
    if (answer.error === undefined) call?.resolve(answer.value);
    else call?.reject(new Error(answer.error));
  });
  const ended = new Promise<number>((resolve) => {
    child.on('exit', (code, signal) => {
      for (const { reject } of waiting.values())
        reject(new Error(`the application ended (${code ?? signal}):\n${output}`));
      waiting.clear();
      resolve(code ?? -1);
    });
  });

  return {
    run<C extends keyof Commands>(command: C, ...args: Parameters<Commands[C]>) {
      const id = ++lastId;
      return new Promise<Awaited<ReturnType<Commands[C]>>>((resolve, reject) => {
        // The other side answers with what the command of this name returns.
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        child.send({ id, command, args }, (error) => {
          if (error !== null) reject(error);
        });
      });
    },
    ended,
    get handedOver() {
      return handedOver;
    },
    output: () => output,
    signal: (signal) => void child.kill(signal),
    kill: () => void child.kill('SIGKILL'),
  };
}
