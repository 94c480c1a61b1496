/** What the inspector shows. */
import { useDifference } from '../stores/difference.ts';
import { useTrace } from '../stores/trace.ts';
import { type InspectorTab, useUi } from '../stores/ui.ts';
import { inGroup } from './command.ts';

export const INSPECTOR_COMMANDS = inGroup('Inspector', [
  ...Array.from(
    { length: 8 },
    (_, number) =>
      [
        `inspector.vcpu${number}`,
        `Inspect vCPU ${number}`,
        `Alt+${number}`,
        'session',
        () => useTrace().inspectVcpu(number),
        { keyOnly: true },
      ] as const,
  ),
  ['before', 'Show the state before or after the event', 'T', 'session', () => useTrace().toggleBefore()],
  ['inspector.state', 'Show the state', 'Alt+S', 'session', () => showTab('state')],
  ['inspector.event', 'Show the event', 'Alt+E', 'session', () => showTab('event')],
  ['inspector.tables', 'Show the tables of SPIs and LPIs', '', 'session', () => showTab('tables')],
  ['pin.a', 'Pin position A at the cursor', 'Alt+A', 'session', () => useDifference().pin('a', useTrace().target)],
  ['pin.b', 'Pin position B at the cursor', 'Alt+B', 'session', () => useDifference().pin('b', useTrace().target)],
  ['difference', 'Difference of state between A and B', 'Alt+D', 'session', () => useUi().openDialog('difference')],
  [
    'baseline',
    'Compare with this position, or with the previous stop again',
    'V',
    'session',
    () => useTrace().toggleBaseline(),
  ],
]);

function showTab(tab: InspectorTab): void {
  const ui = useUi();
  ui.inspectorVisible = true;
  ui.inspectorTab = tab;
}
