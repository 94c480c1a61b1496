/** Makes the system's menu of the command table. */
import type { MenuItemConstructorOptions } from 'electron';
import { MENU, type MenuRow, type ShellAction } from './commands.ts';

export interface MenuActions {
  /** Runs a command of the focused window. */
  window(id: string, argument: string): void;
  shell(action: ShellAction): void;
}

/** Most recent traces that the menu lists. */
const MOST_RECENT = 12;

export function menuTemplate(
  actions: MenuActions,
  recent: readonly string[],
  platform: NodeJS.Platform = process.platform,
): MenuItemConstructorOptions[] {
  function item(row: MenuRow): MenuItemConstructorOptions {
    switch (row.type) {
      case 'separator':
        return { type: 'separator' };
      case 'role':
        return { role: row.role };
      case 'window':
        return { id: row.id, label: row.label, ...keys(row.keys), click: () => actions.window(row.id, '') };
      case 'shell':
        return { id: row.action, label: row.label, ...keys(row.keys), click: () => actions.shell(row.action) };
      case 'recent':
        return {
          id: 'recent',
          label: row.label,
          enabled: recent.length > 0,
          submenu: recent.slice(0, MOST_RECENT).map(recentItem),
        };
    }
  }
  const recentItem = (path: string): MenuItemConstructorOptions => ({
    // A single & marks the letter to press with Alt.
    label: path.replaceAll('&', '&&'),
    click: () => actions.window('open', path),
  });

  const columns = MENU.map(({ label, rows }) => ({ label, submenu: rows.map(item) }));
  return platform === 'darwin' ? [{ role: 'appMenu' }, ...columns, { role: 'windowMenu' }] : columns;
}

const keys = (accelerator: string | undefined): MenuItemConstructorOptions =>
  accelerator === undefined ? {} : { accelerator };
