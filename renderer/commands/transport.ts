/** Stepping, running, jumping between hits and changes. */
import { findInterruptChange, findRegisterChange, findRunStateChange, step, stepVcpu } from '../navigate.ts';
import { paneActions } from '../panes.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useLive } from '../stores/live.ts';
import { useTimeline } from '../stores/timeline.ts';
import { useTrace } from '../stores/trace.ts';
import { useUi } from '../stores/ui.ts';
import { inGroup } from './command.ts';

export const TRANSPORT_COMMANDS = inGroup('Transport', [
  ['run.forward', 'Continue to the next stop', 'F5', 'session', runOn, { hint: 'continue' }],
  [
    'run.backward',
    'Reverse-continue to the previous stop',
    'Shift+F5',
    'session',
    () => useBreakpoints().run('backward'),
  ],
  ['step.forward', 'Step one event', 'F10', 'session', stepOn, { hint: 'step' }],
  ['step.backward', 'Step back one event', 'Shift+F10', 'session', () => step(-1), { hint: 'step back' }],
  ['step.forward.any', 'Step one event, ignoring the filter', 'Alt+F10', 'session', () => step(1, true)],
  ['step.backward.any', 'Step back one event, ignoring the filter', 'Alt+Shift+F10', 'session', () => step(-1, true)],
  ['step.vcpu.forward', 'Step on the same vCPU', 'F11', 'session', () => stepVcpu(1)],
  ['step.vcpu.backward', 'Step back on the same vCPU', 'Shift+F11', 'session', () => stepVcpu(-1)],
  [
    'run.state.forward',
    'Run to where this vCPU enters or leaves the guest',
    'Ctrl+F10',
    'session',
    () => findRunStateChange('forward'),
  ],
  [
    'run.state.backward',
    'Run back to where this vCPU entered or left the guest',
    'Ctrl+Shift+F10',
    'session',
    () => findRunStateChange('backward'),
  ],
  ['hit.next', 'Next hit of the selected breakpoint', ']', 'session', () => hitOf('forward'), { hint: 'next hit' }],
  [
    'hit.previous',
    'Previous hit of the selected breakpoint',
    '[',
    'session',
    () => hitOf('backward'),
    { hint: 'previous hit' },
  ],
  ['hit.any.next', 'Next hit of any breakpoint', 'Shift+]', 'session', () => useBreakpoints().run('forward')],
  ['hit.any.previous', 'Previous hit of any breakpoint', 'Shift+[', 'session', () => useBreakpoints().run('backward')],
  ['change.next', 'Next state change of the selected interrupt', '.', 'session', () => findInterruptChange('forward')],
  [
    'change.previous',
    'Previous state change of the selected interrupt',
    ',',
    'session',
    () => findInterruptChange('backward'),
  ],
  ['register.next', 'Next write to the selected register', 'Alt+.', 'session', () => findRegisterChange('forward')],
  [
    'register.previous',
    'Previous write to the selected register',
    'Alt+,',
    'session',
    () => findRegisterChange('backward'),
  ],
  ['go.first', 'First event', 'Home', 'session', () => useTrace().goTo(0)],
  ['go.last', 'Last event', 'End', 'session', () => useTrace().goTo(useTrace().last)],
  ['history.back', 'Back through places visited', 'Alt+Left', 'session', () => useTrace().back()],
  ['history.forward', 'Forward through places visited', 'Alt+Right', 'session', () => useTrace().forward()],
  ['escape', 'Stop a search, clear a selection, back to the timeline', 'Esc', 'session', escape, { keyOnly: true }],
]);

/** At the end of a recording that stands still, the machine goes on. */
async function runOn(): Promise<void> {
  if (!useLive().goOn('run')) await useBreakpoints().run('forward');
}

async function stepOn(): Promise<void> {
  const trace = useTrace();
  if (trace.target < trace.last || !useLive().goOn('stepEvent')) await step(1);
}

async function hitOf(direction: 'forward' | 'backward'): Promise<void> {
  const breakpoints = useBreakpoints();
  const entry = breakpoints.selected ?? breakpoints.entries[0];
  if (entry === undefined) useUi().notify('note', 'No breakpoints yet. Press F9 on an event, lane or PPI cell.');
  else await breakpoints.step(entry, direction);
}

function escape(): void {
  const timeline = useTimeline();
  if (useBreakpoints().stopSearch()) return;
  const ui = useUi();
  if (ui.narrow && ui.inspectorVisible) {
    ui.inspectorVisible = false;
    return paneActions('timeline')?.focus();
  }
  if (timeline.range !== undefined || timeline.rangeStart !== undefined) {
    timeline.range = undefined;
    timeline.rangeStart = undefined;
    return;
  }
  paneActions('timeline')?.focus();
}
