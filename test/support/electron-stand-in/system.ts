/** Dialogs, menus, screens, links: recorded, and answered as the test said beforehand. */
import { record } from './record.ts';

const answers = new Map<string, unknown[]>();

/** The next dialog of this kind is answered so. */
export function prepareAnswer(method: string, answer: unknown): void {
  answers.set(method, [...(answers.get(method) ?? []), answer]);
}

/** A dialog that the test did not expect stays open for ever, as it would for a person who is not there. */
function show(method: string, args: readonly unknown[]): Promise<unknown> {
  record.dialogs.push({ method, options: args.at(-1) });
  const waiting = answers.get(method) ?? [];
  if (waiting.length === 0) {
    record.errors.push(`nobody answers ${method}: ${JSON.stringify(args.at(-1))}`);
    return new Promise(() => undefined);
  }
  return Promise.resolve(waiting.shift());
}

export const dialog = {
  showMessageBox: (...args: unknown[]) => show('showMessageBox', args),
  showOpenDialog: (...args: unknown[]) => show('showOpenDialog', args),
  showSaveDialog: (...args: unknown[]) => show('showSaveDialog', args),
  showErrorBox: (title: string, content: string) =>
    void record.dialogs.push({ method: 'showErrorBox', options: { title, content } }),
};

export const shell = {
  openExternal: async (url: string) => void record.external.push(url),
  showItemInFolder: (path: string) => void record.revealed.push(path),
};

export const nativeTheme = { shouldUseDarkColors: true };
export const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] };

export interface MenuItem {
  readonly label?: string;
  readonly role?: string;
  readonly type?: string;
  readonly enabled?: boolean;
  readonly accelerator?: string;
  readonly click?: (item: object, window: object | undefined, event: object) => void;
  readonly submenu?: readonly MenuItem[];
}

const ROLES = new Set([
  'cut',
  'copy',
  'paste',
  'selectAll',
  'togglefullscreen',
  'appMenu',
  'windowMenu',
  'quit',
  'about',
]);

export class Menu {
  static #application: Menu | null = null;
  readonly items: readonly MenuItem[];

  constructor(items: readonly MenuItem[]) {
    for (const item of items) {
      if (item.role !== undefined && !ROLES.has(item.role)) throw new Error(`unknown role ${item.role}`);
      if (item.role === undefined && item.type !== 'separator' && item.label === undefined) {
        throw new Error('Invalid template for MenuItem: must have label, role or type');
      }
    }
    this.items = items;
  }
  static buildFromTemplate(template: readonly MenuItem[]): Menu {
    for (const { submenu } of template) if (submenu !== undefined) Menu.buildFromTemplate(submenu);
    return new Menu(template);
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }
  static getApplicationMenu(): Menu | null {
    return Menu.#application;
  }
  popup({ x, y }: { readonly x: number; readonly y: number }): void {
    record.menusShown.push({ x, y });
  }

  /** The item under these labels, `&` left out. */
  find([label, ...rest]: readonly string[]): MenuItem {
    const item = this.items.find((candidate) => candidate.label?.replace(/&(?!&)/g, '').replace(/&&/g, '&') === label);
    if (item === undefined)
      throw new Error(`the menu has no ${label}; it has ${this.items.map((i) => i.label ?? i.role).join(', ')}`);
    return rest.length === 0 ? item : new Menu(item.submenu ?? []).find(rest);
  }
}
