import { defineCommand } from '../command.ts';
import { type Context } from '../context.ts';
import { CliFailure } from '../failure.ts';
import { type LaunchRequest } from '../io.ts';
import { flag, integer } from '../options.ts';

const OPTIONAL_TRACE = {
  name: 'TRACE',
  description: 'trace file (.gscope), or a recording to import',
  arity: 'optional',
  completes: 'trace',
} as const;

export const openCommand = defineCommand({
  name: 'open',
  summary: 'the desktop window',
  description:
    'Opens the window, with a trace or with the start screen. Without a desktop it serves a browser instead.',
  arguments: { trace: OPTIONAL_TRACE },
  options: {},
  examples: [
    { command: 'gicscope open', says: 'the start screen' },
    { command: 'gicscope open boot.gscope', says: 'a trace' },
  ],
  run: (context, { trace }) => launch(context, { shell: 'window', openBrowser: true, ...tracePath(context, trace) }),
});

export const serveCommand = defineCommand({
  name: 'serve',
  summary: 'the same window in a browser',
  description:
    'Serves the window to a browser on this machine (127.0.0.1) and prints the URL. Over ssh: forward the port with ' +
    'ssh -L and open the URL at home. Ctrl-C ends it.',
  arguments: { trace: OPTIONAL_TRACE },
  options: {
    port: integer('--port', 'N', 'port to listen on (default: a free one)', 1, 65_535),
    open: flag('--no-open', 'only print the URL, do not open a browser'),
  },
  examples: [
    { command: 'gicscope serve boot.gscope', says: 'opens a browser' },
    { command: 'gicscope serve boot.gscope --port 8642 --no-open', says: 'on a machine reached over ssh' },
  ],
  run: (context, { trace }, { port, open }) =>
    launch(context, {
      shell: 'browser',
      openBrowser: open,
      ...tracePath(context, trace),
      ...(port === undefined ? {} : { port }),
    }),
});

function tracePath(context: Context, trace: string | undefined): Pick<LaunchRequest, 'trace'> {
  return trace === undefined ? {} : { trace: context.path(trace) };
}

async function launch(context: Context, request: LaunchRequest): Promise<number> {
  const { io } = context;
  if (io.launch === undefined)
    throw new CliFailure('usage', 'there is no window here: start gicscope from its checkout');
  return io.launch(request, io.signal);
}
