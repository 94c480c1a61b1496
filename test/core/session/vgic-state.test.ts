/** KVM's debugfs dump of emulated VMs: layout and content (kvm-vgic-v3 §17). */
import { afterAll, describe, expect, it } from 'vitest';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
const signal = new AbortController().signal;
afterAll(() => lab.close());

interface Dump {
  readonly head: readonly string[];
  /** Rows by what stands above them: `VCPU 0`, `SPI  0`. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
}

/** A row, character by character as the section gives it. */
const ROW =
  / {7}(?<type>SGI|PPI|SPI|LPI) (?<intid>[ \d]{4}) {5}(?<target>[ \d-]{2}) (?<flags>[01]{7}) (?<hwid>[ \d]{8}) (?<routing>[ \da-f]{8}) {2}(?<source>[ \da-f]{2}) (?<priority>[ \d]{3}) {6}(?<holder>[ \d-]{2}) /;
const WHOLE_ROW = new RegExp(`^${ROW.source}$`);
const HEAD = /^(VCPU|SPI )([ \d]\d) TYP {3}ID TGT_ID PLAEHCG {5}HWID {3}TARGET SRC PRI VCPU_ID$/;

function parse(text: string): Dump {
  const [head = '', ...parts] = text.split(/\n\n(?=VCPU|SPI )/);
  const tables = new Map<string, readonly string[]>();
  for (const part of parts) {
    const [title = '', rule, ...rows] = part.replace(/\n$/, '').split('\n');
    const [, whose, index] = HEAD.exec(title) ?? [];
    expect(rule).toBe('-'.repeat(64));
    for (const row of rows) expect(row).toMatch(WHOLE_ROW);
    tables.set(`${whose}${index}`, rows);
  }
  return { head: head.replace(/\n$/, '').split('\n'), tables };
}

async function opened(scenario: string) {
  const output = lab.path(`${scenario}.gscope`);
  await lab.record(scenario, { output });
  const { id, events } = await lab.backend.handle('trace.open', { path: output }, signal);
  return {
    events,
    async dump(at: number): Promise<Dump> {
      const args = { id, format: 'vgic-state', output: '', at, overwrite: false } as const;
      return parse((await lab.backend.handle('report.export', args, signal)).text);
    },
    async find(condition: string): Promise<number> {
      const { seq } = await lab.backend.handle('nav.find', { id, condition, from: -1, direction: 'forward' }, signal);
      if (seq === null) throw new Error(`nothing fits ${condition}`);
      return seq;
    },
  };
}

/** What a row says of an interrupt, without blanks. */
function factsOf(dump: Dump, table: string, name: string): Record<string, string> {
  const rows = (dump.tables.get(table) ?? []).map((row) => ROW.exec(row)?.groups ?? {});
  const found = rows.find(({ type, intid }) => `${type} ${intid?.trim()}` === name) ?? {};
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, value.trim()]));
}

describe('the dump of a GICv3 VM', () => {
  it('has the head alone before the VM is initialised, and a table for each vCPU and the SPIs after it', async () => {
    const trace = await opened('gicv3-more-pending-than-list-registers');
    const before = await trace.dump(0);
    expect(before.tables.size).toBe(0);
    const after = await trace.dump(trace.events - 1);
    expect(after.head).toEqual([
      'Distributor',
      '===========',
      'vgic_model:\tGICv3',
      'nr_spis:\t32',
      'nr_lpis:\t0',
      'enabled:\t1',
      '',
      'P=pending_latch, L=line_level, A=active',
      'E=enabled, H=hw, C=config (level=1, edge=0)',
      'G=group',
    ]);
    expect([...after.tables].map(([name, rows]) => [name, rows.length])).toEqual([
      ['VCPU 0', 32],
      ['SPI  0', 32],
    ]);
  });

  it('shows the latch until the entry loads it, then none while it is in a list register', async () => {
    const trace = await opened('gicv3-more-pending-than-list-registers');
    const acknowledged = await trace.find('kind == irq.acknowledge');
    const entered = await trace.dump(acknowledged - 1);
    const loaded = (n: number): string | undefined => factsOf(entered, 'SPI  0', `SPI ${n}`)['flags'];
    // Six wait for four list registers, the most urgent first: SPI 37 has the lowest number.
    expect([32, 33, 34, 35, 36, 37].map(loaded)).toEqual([
      '1001001',
      '1001001',
      '0001001',
      '0001001',
      '0001001',
      '0001001',
    ]);
    expect(factsOf(entered, 'SPI  0', 'SPI 37')).toEqual({
      type: 'SPI',
      intid: '37',
      target: '0',
      flags: '0001001',
      hwid: '0',
      routing: '0',
      source: '0',
      priority: '120',
      holder: '0',
    });
    expect(factsOf(entered, 'SPI  0', 'SPI 38')).toMatchObject({ flags: '0000001', holder: '-1' });
    expect(factsOf(entered, 'VCPU 0', 'PPI 27')).toMatchObject({ flags: '0000111', hwid: '27' });
  });

  it('lists an LPI behind the SPIs as long as it exists', async () => {
    const trace = await opened('gicv3-msi-life');
    const mapped = await trace.dump(trace.events - 1);
    expect(mapped.head).toContain('nr_lpis:\t1');
    expect(mapped.tables.get('SPI  0')?.at(-1)).toMatch(/^ {7}LPI 8192 /);
    const early = await trace.dump((await trace.find('kind == vcpu.entry')) - 1);
    expect(early.head).toContain('nr_lpis:\t0');
    expect(early.tables.get('SPI  0')?.at(-1)).toMatch(/^ {7}SPI {3}63 /);
  });
});

describe('the dump of a GICv2 VM', () => {
  it('names the senders of an SGI, targets as a mask, and no LPIs', async () => {
    const trace = await opened('gicv2-sgi-sources');
    const sent = await trace.dump(await trace.find('sgi(3).pending rises on vcpu 0'));
    expect(sent.head).toContain('vgic_model:\tGICv2');
    expect(sent.head.some((line) => line.startsWith('nr_lpis'))).toBe(false);
    expect(factsOf(sent, 'VCPU 0', 'SGI 3')).toMatchObject({
      flags: '1001000',
      source: '2',
      routing: '1',
      priority: '160',
    });
  });
});

it('is refused where nothing is known of it', async () => {
  const trace = await opened('timer-tick-storm');
  await expect(trace.dump(0)).rejects.toThrow(/no vgic-state to show\. Record a scenario/);
});
