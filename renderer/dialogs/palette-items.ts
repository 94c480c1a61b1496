/** What the palette can offer: registers of the inspected vCPU, interrupts, bookmarks, traces, commands. */
import {
  Activity,
  Bookmark,
  Command as CommandIcon,
  FileClock,
  ListFilter,
  LocateFixed,
  SquareFunction,
} from '@lucide/vue';
import { type Component, markRaw } from 'vue';
import { breakOnPath } from '../break-on.ts';
import { applies, chordOf, COMMANDS } from '../commands/index.ts';
import { valueText } from '../number-style.ts';
import { eventLabel } from '../format/number.ts';
import { findRegisterChange } from '../navigate.ts';
import { useApp } from '../stores/app.ts';
import { useBookmarks } from '../stores/bookmarks.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useFilter } from '../stores/filter.ts';
import { useTrace } from '../stores/trace.ts';
import { useUi } from '../stores/ui.ts';

export interface PaletteItem {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly detail: string;
  /** What Enter does, in a word or two. */
  readonly act: string;
  readonly keys: string;
  readonly icon: Component;
  readonly always: boolean;
  /** Command that is run instead of `run`. */
  readonly command: string | undefined;
  readonly run: () => void | Promise<void>;
  /** Of a register: its path. */
  readonly path?: string;
}

const ICONS = {
  register: markRaw(SquareFunction),
  interrupt: markRaw(Activity),
  bookmark: markRaw(Bookmark),
  trace: markRaw(FileClock),
  place: markRaw(LocateFixed),
  command: markRaw(CommandIcon),
  filter: markRaw(ListFilter),
};
const plain = { detail: '', act: '', keys: '', always: false, command: undefined } as const;

export function paletteItems(): PaletteItem[] {
  return [...registers(), ...places(), ...interrupts(), ...commands(), ...traces()];
}

function registers(): PaletteItem[] {
  const trace = useTrace();
  const ui = useUi();
  return (trace.state?.registers ?? []).map(({ name, path, value }) => ({
    ...plain,
    id: `register ${path}`,
    group: 'Registers',
    title: `${name}${ownerWords(path)}`,
    detail: value === null ? 'unknown' : valueText(value),
    act: 'Show in inspector',
    icon: ICONS.register,
    path,
    run() {
      ui.inspectorVisible = true;
      ui.inspectorTab = 'state';
      trace.revealRegister(path);
    },
  }));
}

/** ` on vCPU 1` of a register of one; nothing of a shared one. */
function ownerWords(path: string): string {
  const [, kind, number] = /^([vp])cpu(\d+)\./.exec(path) ?? [];
  return kind === undefined ? '' : ` on ${kind === 'v' ? 'vCPU' : 'pCPU'} ${number}`;
}

/**
 * What goes with a text beyond the items that it names: of the register found first, where it is written and a
 * breakpoint; and the event list reduced to the text.
 */
export function followUps(text: string, best: PaletteItem | undefined): PaletteItem[] {
  const trace = useTrace();
  if (trace.info === undefined || text === '' || /^[@>#]/.test(text)) return [];
  const filter: PaletteItem = {
    ...plain,
    id: 'filter by text',
    group: 'Events',
    title: `Filter list to “${text}”`,
    act: 'Filter',
    icon: ICONS.filter,
    run: async () => void (await useFilter().add(text)),
  };
  return best?.path === undefined ? [filter] : [...registerActions(best.title, best.path), filter];
}

function registerActions(title: string, path: string): PaletteItem[] {
  const trace = useTrace();
  const action = (id: string, words: string, keys: string, run: () => Promise<void>): PaletteItem => ({
    ...plain,
    id: `${id} ${path}`,
    group: 'With this register',
    title: words,
    keys,
    icon: ICONS.place,
    run,
  });
  const write = (direction: 'forward' | 'backward') => async () => {
    trace.selectRegister(path);
    await findRegisterChange(direction);
  };
  return [
    action('previous', `Previous write to ${title}`, 'Alt+,', write('backward')),
    action('next', `Next write to ${title}`, 'Alt+.', write('forward')),
    action('break', `Break when ${title} changes`, '', () => useBreakpoints().add(breakOnPath(path))),
  ];
}

function places(): PaletteItem[] {
  const trace = useTrace();
  if (trace.info === undefined) return [];
  const marks = useBookmarks().list.map(({ seq, note }) => ({
    ...plain,
    id: `bookmark ${seq}`,
    group: 'Go to',
    title: note === '' ? `Bookmark ${eventLabel(seq)}` : note,
    detail: eventLabel(seq),
    act: 'Go there',
    icon: ICONS.bookmark,
    run: () => trace.goTo(seq),
  }));
  const prompt: PaletteItem = {
    ...plain,
    id: 'go to',
    group: 'Go to',
    title: 'Go to event or time',
    detail: '#412958, 4.1823s, +5ms, 50%',
    act: 'Ask',
    keys: 'G',
    always: true,
    icon: ICONS.place,
    command: 'go.to',
    run: () => undefined,
  };
  return [prompt, ...marks];
}

function interrupts(): PaletteItem[] {
  const trace = useTrace();
  return trace.lanes
    .filter(({ type }) => type === 'interrupt')
    .map(({ id, label, sublabel, vcpu }) => ({
      ...plain,
      id: `lane ${id}`,
      group: 'Interrupts',
      title: `${label}${sublabel === '' ? '' : ` ${sublabel}`}${vcpu === null ? '' : ` on vCPU ${vcpu}`}`,
      act: 'Select lane',
      icon: ICONS.interrupt,
      run: () => trace.selectLane(id),
    }));
}

function commands(): PaletteItem[] {
  return COMMANDS.filter((command) => command.keyOnly !== true && applies(command)).map((command) => ({
    ...plain,
    id: command.id,
    group: 'Commands',
    title: command.title,
    act: 'Run',
    keys: chordOf(command.id) ?? '',
    always: true,
    icon: ICONS.command,
    command: command.id,
    run: () => undefined,
  }));
}

function traces(): PaletteItem[] {
  const app = useApp();
  return (app.info?.recent ?? [])
    .filter(({ found }) => found)
    .map(({ path, fileName }) => ({
      ...plain,
      id: `trace ${path}`,
      group: 'Traces',
      title: fileName,
      detail: path,
      act: 'Open',
      icon: ICONS.trace,
      run: () => app.open(path),
    }));
}
