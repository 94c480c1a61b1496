/** Rows of `life`; a life that was open at a commit comes again when it ends, and replaces its row. */
import { LEGS } from './life.ts';
import { type LifeRecord } from './open-lives.ts';
import { NULL, type RowColumns } from './rows.ts';
import { type Writes } from './writes.ts';

export class LifeRows {
  readonly #rows: RowColumns;
  readonly #cells: number[] = [];

  constructor(writes: Writes) {
    const legs = LEGS.flatMap((leg) => [`${leg}_seq`, `${leg}_time`]);
    this.#rows = writes.table('life', ['id', 'first_seq', 'intid', 'vcpu', ...legs], 'REPLACE');
  }

  add(life: LifeRecord): void {
    const cells = this.#cells;
    cells[0] = life.id;
    cells[1] = life.firstSeq;
    cells[2] = life.intid;
    cells[3] = life.vcpu < 0 ? NULL : life.vcpu;
    for (let leg = 0; leg < LEGS.length; leg++) {
      const position = life.seqs[leg] ?? -1;
      cells[4 + 2 * leg] = position >= 0 ? position : NULL;
      cells[5 + 2 * leg] = position >= 0 ? (life.times[leg] ?? 0) : NULL;
    }
    this.#rows.add(cells);
  }

  flush(): void {
    this.#rows.flush();
  }
}
