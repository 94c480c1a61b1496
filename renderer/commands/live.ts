/** A recording that runs: the machine's own transport. */
import { useApp } from '../stores/app.ts';
import { useLive } from '../stores/live.ts';
import { useTrace } from '../stores/trace.ts';
import { chooseScenario } from '../open-file.ts';
import { inGroup } from './command.ts';

export const LIVE_COMMANDS = inGroup('Live recording', [
  ['live.start', 'Record a scenario live…', 'Ctrl+Shift+R', 'always', async () => startAll(await chooseScenario())],
  ['live.toggle', 'Run or pause the machine', 'F8', 'session', () => useLive().toggle()],
  ['live.step.instruction', 'Execute one instruction', 'F7', 'session', () => useLive().control('stepInstruction')],
  [
    'live.step.vcpu',
    'Execute one instruction of the inspected vCPU',
    'Shift+F7',
    'session',
    () => useLive().control('stepInstruction', useTrace().vcpu),
  ],
  ['live.step.event', 'Run the machine to its next event', 'Ctrl+F7', 'session', () => useLive().control('stepEvent')],
  ['live.finish', 'End the recording and keep it', 'Ctrl+F8', 'session', () => useLive().control('finish')],
  ['live.follow', 'Follow the end of the recording', '', 'session', () => useLive().followAgain()],
]);

async function startAll(paths: readonly string[]): Promise<void> {
  const [path] = paths;
  if (path !== undefined) await useApp().openLive(path);
}
