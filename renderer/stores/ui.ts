/** What the window looks like: theme, pane sizes, open dialogs, tabs, the live region. Sizes and theme persist. */
import { defineStore } from 'pinia';
import { computed, nextTick, ref, watch } from 'vue';
import { remembered } from '../remember.ts';

export const THEMES = [
  ['system', 'System'],
  ['dark', 'Dark'],
  ['light', 'Light'],
  ['contrast', 'High contrast'],
] as const;
export type ThemeChoice = (typeof THEMES)[number][0];
/** Heights of the rows of the event list. */
export const DENSITIES = [
  ['compact', 'Compact, 20 px'],
  ['regular', 'Regular, 24 px'],
] as const;
export type Density = (typeof DENSITIES)[number][0];
/** What times are counted from. */
export const TIME_ORIGINS = [
  ['start', 'since the start'],
  ['clock', 'clock of the recording'],
] as const;
/** How priorities are written. */
export const PRIORITY_STYLES = [
  ['hex', '0x10'],
  ['decimal', '16'],
] as const;
export type PriorityStyle = (typeof PRIORITY_STYLES)[number][0];
export type TimeOrigin = (typeof TIME_ORIGINS)[number][0];
export type Dialog =
  | 'palette'
  | 'go-to'
  | 'keyboard'
  | 'breakpoint'
  | 'open'
  | 'report'
  | 'bookmark'
  | 'difference'
  | 'import'
  | 'trace'
  | 'settings';
export type InspectorTab = 'state' | 'event' | 'tables' | 'program' | 'console';
export type DockTab = 'breakpoints' | 'messages' | 'bookmarks' | 'findings';
/** What the lower part of a low window shows: it has room for one. */
export type LowerPane = 'events' | 'dock';

export interface Notice {
  readonly id: number;
  readonly kind: 'note' | 'error';
  readonly text: string;
}

export const useUi = defineStore('ui', () => {
  const themeChoice = remembered<ThemeChoice>('theme', 'system');
  const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
  const systemIsDark = ref(systemDark.matches);
  systemDark.addEventListener('change', (event) => (systemIsDark.value = event.matches));
  const theme = computed(() => {
    if (themeChoice.value === 'dark' || themeChoice.value === 'light') return themeChoice.value;
    return themeChoice.value === 'contrast' || systemIsDark.value ? 'dark' : 'light';
  });
  const contrast = computed(() => themeChoice.value === 'contrast');
  const density = remembered<Density>('density', 'compact');
  const timeOrigin = remembered<TimeOrigin>('time-origin', 'start');
  const priorityStyle = remembered<PriorityStyle>('priority-style', 'hex');
  /** Of values of registers: leading zeros are shown, and a gap between the halves of 64 bits. */
  const hexFull = remembered<boolean>('hex-full', true);
  const hexGap = remembered<boolean>('hex-gap', true);
  const hexUpper = remembered<boolean>('hex-upper', false);
  const rowHeight = computed(() => (density.value === 'regular' ? 24 : 20));
  const { dataset, style } = document.documentElement;
  watch(theme, (name) => (dataset['theme'] = name), { immediate: true });
  watch(contrast, (high) => (dataset['contrast'] = high ? 'high' : 'normal'), { immediate: true });
  watch(rowHeight, (px) => style.setProperty('--row', `${px}px`), { immediate: true });

  /** 0: the default of the window size. */
  const inspectorWidth = remembered<number>('inspector-width', 0);
  const dockHeight = remembered<number>('dock-height', 0);
  const dockSideWidth = remembered<number>('dock-side-width', 0);
  const inspectorOpen = remembered<boolean>('inspector-open', true);
  const dockOpen = remembered<boolean>('dock-open', true);
  /** The window is too narrow for the inspector beside the other panes: it lies over them, and only when asked for. */
  const narrow = ref(false);
  const overlayOpen = ref(false);
  const inspectorVisible = computed({
    get: () => (narrow.value ? overlayOpen.value : inspectorOpen.value),
    set: (open) => (narrow.value ? (overlayOpen.value = open) : (inspectorOpen.value = open)),
  });
  const inspectorTab = ref<InspectorTab>('state');
  const dockTab = ref<DockTab>('breakpoints');
  const lowerPane = ref<LowerPane>('events');

  const dialog = ref<Dialog | undefined>();
  /** What a dialog starts with: text of the palette, condition of the breakpoint editor. */
  const dialogText = ref('');
  /** Breakpoint that the editor changes; 0 for a new one. */
  const editedBreakpoint = ref(0);

  /** Files are held over the window. */
  const dropping = ref(false);

  const announcement = ref('');
  const notices = ref<Notice[]>([]);
  let lastNotice = 0;

  /** Spoken politely by screen readers. */
  function announce(text: string): void {
    announcement.value = text;
  }
  function notify(kind: Notice['kind'], text: string): void {
    const id = ++lastNotice;
    notices.value = [...notices.value.filter((notice) => notice.text !== text), { id, kind, text }].slice(-4);
    if (kind === 'note') setTimeout(() => dismiss(id), 5000);
  }
  function dismiss(id: number): void {
    notices.value = notices.value.filter((notice) => notice.id !== id);
  }
  function toggleTheme(): void {
    themeChoice.value = theme.value === 'dark' ? 'light' : 'dark';
  }
  /** Brings a pane below the timeline into view; it is there when this is over. */
  async function showLower(pane: LowerPane): Promise<void> {
    dockOpen.value = true;
    lowerPane.value = pane;
    await nextTick();
  }
  async function showDock(tab: DockTab): Promise<void> {
    dockTab.value = tab;
    await showLower('dock');
  }
  function openDialog(name: Dialog, text = ''): void {
    dialogText.value = text;
    dialog.value = name;
  }

  return {
    themeChoice,
    theme,
    contrast,
    density,
    rowHeight,
    timeOrigin,
    priorityStyle,
    hexFull,
    hexGap,
    hexUpper,
    inspectorWidth,
    dockHeight,
    dockSideWidth,
    narrow,
    inspectorVisible,
    dockOpen,
    inspectorTab,
    dockTab,
    lowerPane,
    showLower,
    showDock,
    dialog,
    dialogText,
    editedBreakpoint,
    dropping,
    announcement,
    notices,
    announce,
    notify,
    dismiss,
    toggleTheme,
    openDialog,
  };
});
