/** What is done to a breakpoint alike from its row, its menu and the keyboard. */
import { type Breakpoint } from '../core/session/contract.ts';
import { useBreakpoints } from './stores/breakpoints.ts';
import { useUi } from './stores/ui.ts';

export async function toggleBreakpoint(breakpoint: Breakpoint): Promise<void> {
  await useBreakpoints().change(breakpoint, { ...breakpoint, enabled: !breakpoint.enabled });
}

/** Stops at its hits, or only marks them. */
export async function toggleStop(breakpoint: Breakpoint): Promise<void> {
  const action = breakpoint.action === 'break' ? 'log' : 'break';
  await useBreakpoints().change(breakpoint, { ...breakpoint, action });
}

export function editBreakpoint({ id, condition }: Breakpoint): void {
  const ui = useUi();
  ui.editedBreakpoint = id;
  ui.openDialog('breakpoint', condition);
}
