/** Lists that the kernel keeps beside the entries of interrupts, as rows: SPIs in flight, events of ITSs. */
import { type Result } from '../../core/session/contract.ts';
import { grouped } from '../format/number.ts';

type Tables = Result<'state.tables'>;

export interface KernelRow {
  readonly intid: number;
  readonly label: string;
  /** One word. */
  readonly about: string;
  readonly text: string;
}

export interface KernelList {
  readonly title: string;
  readonly count: string;
  readonly rows: readonly KernelRow[];
}

function words(member: { readonly line: boolean; readonly latch: boolean; readonly active: boolean }): string {
  const said = [member.line && 'line high', member.latch && 'latched', member.active && 'active'].filter(Boolean);
  return said.length === 0 ? 'nothing pending' : said.join(', ');
}

type Mapping = NonNullable<Tables['mappings']>['rows'][number];

function way({ event, collection, target, cached }: Mapping): string {
  const where = collection === null ? 'no collection' : `collection ${collection}`;
  const vcpu = target === null ? 'not mapped' : `vCPU ${target}`;
  return `event ${event}, ${where}${collection === null ? '' : `, ${vcpu}`}${cached ? ', cached' : ''}`;
}

/** Those to show beside entries of `type`. */
export function kernelLists({ list, mappings }: Tables, type: 'spi' | 'lpi'): KernelList[] {
  const lists: KernelList[] = [];
  if (list !== null && type === 'spi')
    lists.push({
      title: 'SPIs in flight',
      count: `${grouped(list.length)}, in order of injection`,
      rows: list.members.map((member) => ({
        intid: member.intid,
        label: member.label,
        about: member.trigger,
        text: words(member),
      })),
    });
  if (mappings !== null && type === 'lpi')
    lists.push({
      title: 'Events of ITSs',
      count: grouped(mappings.total),
      rows: mappings.rows.map((row) => ({
        intid: row.intid,
        label: row.label,
        about: `dev ${row.device}`,
        text: way(row),
      })),
    });
  return lists;
}
