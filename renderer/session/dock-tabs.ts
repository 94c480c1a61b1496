/** The tabs of the dock with how much is behind each. Messages have one when a breakpoint writes any. */
import { computed, type ComputedRef } from 'vue';
import { useBookmarks } from '../stores/bookmarks.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useFindings } from '../stores/findings.ts';
import { type DockTab, useUi } from '../stores/ui.ts';

interface TabOfDock {
  readonly tab: DockTab;
  readonly title: string;
  /** 0: nothing is said. */
  readonly count: number;
}

export function useDockTabs(): ComputedRef<readonly TabOfDock[]> {
  const ui = useUi();
  const bookmarks = useBookmarks();
  const breakpoints = useBreakpoints();
  const findings = useFindings();
  return computed(() => {
    const { entries } = breakpoints;
    const hasMessages = entries.some(({ breakpoint }) => breakpoint.action === 'message');
    return [
      { tab: 'breakpoints', title: 'Breakpoints', count: entries.length },
      ...(hasMessages || ui.dockTab === 'messages'
        ? ([{ tab: 'messages', title: 'Messages', count: 0 }] as const)
        : []),
      { tab: 'bookmarks', title: 'Bookmarks', count: bookmarks.list.length },
      { tab: 'findings', title: 'Findings', count: findings.list.length },
    ];
  });
}
