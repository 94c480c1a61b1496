/** Colours of text output: on a terminal only, and never with NO_COLOR (no-color.org: set and not empty). */
import { styleText } from 'node:util';

export interface Style {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly notice: (text: string) => string;
}

const plain = (text: string): string => text;
const PLAIN: Style = { dim: plain, bold: plain, good: plain, bad: plain, notice: plain };

type Format = Parameters<typeof styleText>[0];
const coloured = (format: Format) => (text: string) => styleText(format, text, { validateStream: false });
const COLOURED: Style = {
  dim: coloured('dim'),
  bold: coloured('bold'),
  good: coloured('green'),
  bad: coloured('red'),
  notice: coloured('cyan'),
};

export function coloursWanted(isTty: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

export function styleFor(isTty: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  return coloursWanted(isTty, env) ? COLOURED : PLAIN;
}
