/** What the palette can offer: registers of the inspected vCPU, interrupts, bookmarks, traces, commands. */
import { Activity, Bookmark, Command as CommandIcon, FileClock, LocateFixed, SquareFunction } from '@lucide/vue';
import { type Component, markRaw } from 'vue';
import { applies, COMMANDS } from '../commands/index.ts';
import { shortHex } from '../format/hex.ts';
import { eventLabel } from '../format/number.ts';
import { useApp } from '../stores/app.ts';
import { useBookmarks } from '../stores/bookmarks.ts';
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
}

const ICONS = {
  register: markRaw(SquareFunction),
  interrupt: markRaw(Activity),
  bookmark: markRaw(Bookmark),
  trace: markRaw(FileClock),
  place: markRaw(LocateFixed),
  command: markRaw(CommandIcon),
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
    title: `${name}${path.startsWith('vcpu') ? ` on vCPU ${trace.vcpu}` : ''}`,
    detail: value === null ? 'unknown' : shortHex(value),
    act: 'Show in inspector',
    icon: ICONS.register,
    run() {
      ui.inspectorVisible = true;
      ui.inspectorTab = 'state';
      trace.revealRegister(path);
    },
  }));
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
    keys: command.keys[0] ?? '',
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
