/**
 * Aligned text tables. Widths come from the first rows given, so a stream needs no second pass: a later cell that is
 * wider pushes its row, nothing is cut. Cells are made printable; the last column is never padded.
 */
import { printable } from '../state/units.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Colours a cell after it is padded. */
  readonly style?: (text: string) => string;
}

export type Cells = readonly string[];

const GAP = '  ';

export class Table {
  readonly #columns: readonly Column[];
  readonly #widths: readonly number[];

  /** `sample`: rows that the widths must fit. */
  constructor(columns: readonly Column[], sample: readonly Cells[]) {
    this.#columns = columns;
    this.#widths = columns.map(({ title }, index) =>
      sample.reduce((width, cells) => Math.max(width, printable(cells[index] ?? '').length), title.length),
    );
  }

  heading(dim: (text: string) => string): string {
    const plain = this.#columns.map(({ title, align }): Column => ({ title, style: dim, ...(align ? { align } : {}) }));
    return this.#line(
      this.#columns.map(({ title }) => title),
      plain,
    );
  }

  rows(rows: readonly Cells[]): string {
    return rows.map((cells) => this.#line(cells, this.#columns)).join('');
  }

  #line(cells: Cells, columns: readonly Column[]): string {
    const last = columns.length - 1;
    const parts = columns.map(({ align, style }, index) => {
      const text = printable(cells[index] ?? '');
      const width = this.#widths[index] ?? 0;
      const padded = align === 'right' ? text.padStart(width) : index === last ? text : text.padEnd(width);
      return style === undefined || text === '' ? padded : style(padded);
    });
    return `${parts.join(GAP).trimEnd()}\n`;
  }
}

/** A whole table with its heading. */
export function tableText(columns: readonly Column[], rows: readonly Cells[], dim: (text: string) => string): string {
  const table = new Table(columns, rows);
  return table.heading(dim) + table.rows(rows);
}
