import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { MENU } from '../../../electron/desktop/commands.ts';
import { type MenuActions, menuTemplate } from '../../../electron/desktop/menu.ts';

const rows = MENU.flatMap(({ rows }) => rows);

function build(recent: readonly string[] = [], platform: NodeJS.Platform = 'linux') {
  const actions: MenuActions = { window: vi.fn(), shell: vi.fn() };
  const template = menuTemplate(actions, recent, platform);
  const items = template.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
  const click = (label: string): void => {
    // The rows' click handlers use no arguments.
    const handler = items.find((item) => item.label === label)?.click as (() => void) | undefined;
    if (handler === undefined) throw new Error(`no item ${label}`);
    handler();
  };
  return { actions, template, items, click };
}

describe('the application menu', () => {
  it('names only commands that the window has', () => {
    const folder = new URL('../../../renderer/commands/', import.meta.url);
    const source = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
    const known = new Set(
      source.flatMap((text) => [...text.matchAll(/'([a-z]+(?:\.[a-z]+)*)'/g)].map((match) => match[1])),
    );
    const named = rows.flatMap((row) => (row.type === 'window' ? [row.id] : []));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((id) => !known.has(id))).toEqual([]);
  });

  it('gives no key twice', () => {
    const keys = rows.flatMap((row) => ('keys' in row && row.keys !== undefined ? [row.keys] : []));
    expect(keys).toEqual([...new Set(keys)]);
  });

  it('sends commands to the window and actions to the shell', () => {
    const { actions, click } = build();
    click('Export Report…');
    click('Open…');
    expect(actions.window).toHaveBeenCalledExactlyOnceWith('report', '');
    expect(actions.shell).toHaveBeenCalledExactlyOnceWith('open');
  });

  it('lists recent traces, at most twelve, with the paths as they are', () => {
    const paths = Array.from({ length: 20 }, (_, i) => `/traces/a&b ${i}.gscope`);
    const { items, actions } = build(paths);
    const recent = items.find(({ id }) => id === 'recent');
    const submenu = Array.isArray(recent?.submenu) ? recent.submenu : [];
    expect(submenu.map(({ label }) => label)).toEqual(paths.slice(0, 12).map((path) => path.replace('&', '&&')));
    const click = submenu[3]?.click;
    expect(click).toBeTypeOf('function');
    // Electron calls it with its own arguments; ours takes none.
    if (click !== undefined) (click as () => void)();
    expect(actions.window).toHaveBeenCalledWith('open', '/traces/a&b 3.gscope');
    expect(build([]).items.find(({ id }) => id === 'recent')?.enabled).toBe(false);
  });

  it('has the menus that macOS expects', () => {
    expect(build([], 'darwin').template.map(({ role, label }) => role ?? label)).toEqual([
      'appMenu',
      ...MENU.map(({ label }) => label),
      'windowMenu',
    ]);
  });
});
