/** What the rules say of recorded scenarios, and of records made for one rule each. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Finding } from '../../../../core/analysis/findings/finding.ts';
import { findingsOf, RULES } from '../../../../core/analysis/findings/find.ts';
import { loadScenario, ScenarioRun } from '../../../../core/scenario/index.ts';
import { nanoseconds, vcpuId } from '../../../../core/state/brand.ts';
import { type NewEvent } from '../../../../core/trace/kinds.ts';
import { TraceReader } from '../../../../core/trace/reader.ts';
import { TraceWriter } from '../../../../core/trace/writer.ts';
import { SUMMARY } from '../../trace/support.ts';

const BUNDLED = fileURLToPath(new URL('../../../../traces/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gicscope-findings-'));
afterAll(() => rmSync(folder, { recursive: true }));
const signal = new AbortController().signal;
let files = 0;

async function inTrace(fill: (writer: TraceWriter) => void): Promise<readonly Finding[]> {
  const path = join(folder, `${files++}.gscope`);
  const writer = new TraceWriter(path);
  fill(writer);
  writer.finish(SUMMARY);
  const reader = new TraceReader(path);
  try {
    return (await findingsOf(reader, signal)).findings;
  } finally {
    reader.close();
  }
}

function run(text: string, profile?: string): Promise<readonly Finding[]> {
  const path = join(folder, `${files++}.gscope`);
  const scenario = loadScenario('s.yaml', text, profile === undefined ? {} : { profile });
  const run = new ScenarioRun(scenario);
  const writer = new TraceWriter(path, { journal: run.machine.journal });
  run.record(writer);
  run.begin();
  while (!run.advance(100_000));
  writer.finish(SUMMARY);
  const reader = new TraceReader(path);
  return findingsOf(reader, signal)
    .then(({ findings }) => findings)
    .finally(() => reader.close());
}

const bundled = (name: string): string => readFileSync(join(BUNDLED, `${name}.yaml`), 'utf8');
const rulesOf = (findings: readonly Finding[]): string[] => findings.map(({ rule }) => rule);

/** A guest program with its interface ready and SPI 5 configured. */
const guest = (body: string, vcpus = 1, profile = 'Q'): string => `
name: guest
about: a guest
profile: ${profile}
host: { cpus: ${vcpus} }
vm: { vcpus: ${vcpus} }
guest:
  program: |
    start:
      mov x1, #0x1f
      msr ICC_PCR_EL1, x1
      mov x1, #1
      msr ICC_CR0_EL1, x1
      ldr x2, =0x08000000
      ldr x4, =0x60000005
${body
  .trim()
  .split('\n')
  .map((line) => `      ${line.trim()}`)
  .join('\n')}
      ldr x0, =PSCI_CPU_OFF
      hvc #0
`;

describe('the order of locks', () => {
  it('is inverted where the first posting calls listeners under its locks: two locks, both sides, their events', async () => {
    const [finding, ...others] = await run(bundled('spi-lock-inversion'));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      rule: 'lock-order',
      severity: 'error',
      intid: 0x6000_0005,
      title: 'Lock inversion: vCPU 0 asks for the lock of SPI 5 while it holds spiApList and the lock of SPI 5',
      count: 1,
    });
    expect(finding?.clause).toContain('§9.3');
    expect(finding?.explanation).toMatch(
      /Elsewhere the lock of SPI 5 is taken first, with no lock held \(user space, #\d+\); here under spiApList\./,
    );
    expect(finding?.positions.map(({ vcpu, what }) => [vcpu, what])).toEqual([
      [undefined, 'user space takes the lock of SPI 5'],
      [0, 'vCPU 0 takes spiApList'],
      [0, 'vCPU 0 takes the lock of SPI 5'],
      [0, 'vCPU 0 calls the listeners of pin 5'],
      [0, 'vCPU 0 asks for the lock of SPI 5'],
    ]);
  });

  it('holds for the same guest in the third posting', async () => {
    expect(await run(bundled('spi-lock-inversion'), 'H3')).toEqual([]);
  });

  const step = (name: string, vcpu: number, lock: string, spi?: number): NewEvent => ({
    kind: 'kvm.step',
    step: name,
    origin: 'hypervisor',
    time: nanoseconds(0),
    vcpu: vcpuId(vcpu),
    detail: { lock, ...(spi === undefined ? {} : { spi }) },
  });

  it('is inverted between two vCPUs that take the same two locks the other way round', async () => {
    const events = [
      step('lock.acquire', 0, 'spiApList'),
      step('lock.acquire', 0, 'irq', 5),
      step('lock.release', 0, 'irq', 5),
      step('lock.release', 0, 'spiApList'),
      step('lock.acquire', 1, 'irq', 5),
      step('lock.acquire', 1, 'spiApList'),
    ];
    const found = await inTrace((writer) => {
      for (const event of [...events, step('lock.release', 1, 'spiApList'), step('lock.acquire', 1, 'spiApList')])
        writer.append(event);
    });
    expect(found).toMatchObject([
      {
        title: 'Lock inversion: spiApList is taken under the lock of SPI 5',
        count: 2,
        positions: [
          { seq: 0, vcpu: 0, what: 'vCPU 0 takes spiApList' },
          { seq: 4, vcpu: 1, what: 'vCPU 1 takes the lock of SPI 5' },
          { seq: 5, vcpu: 1, what: 'vCPU 1 takes spiApList under the lock of SPI 5' },
        ],
      },
    ]);
  });

  it('is kept by threads that hold locks of their own', async () => {
    const found = await inTrace((writer) => {
      writer.append(step('lock.acquire', 0, 'irq', 5));
      writer.append(step('lock.acquire', 1, 'spiApList'));
      writer.append(step('lock.release', 0, 'irq', 5));
      writer.append(step('lock.acquire', 0, 'config'));
    });
    expect(found).toEqual([]);
  });
});

describe('a barrier', () => {
  it('is missing where a guest reads its configuration back at once', async () => {
    const [finding] = await run(guest('gic cdpri, x4\ngic cdrcfg, x4'));
    expect(finding).toMatchObject({
      rule: 'missing-barrier',
      title: 'No GSB SYS between GIC CDPRI and a look at its effect',
      clause: 'gicv5-spi-lpi-behaviour §7.4',
      positions: [{ what: 'vCPU 0: GIC CDPRI' }, { what: 'vCPU 0: GIC CDRCFG' }],
    });
    expect(finding?.explanation).toContain('the configuration of SPI 5 while its GIC CDPRI of SPI 5');
  });

  it.each([
    ['GSB SYS between them', 'gic cdpri, x4\ngsb sys\ngic cdrcfg, x4'],
    ['another interrupt', 'gic cdpri, x4\nadd x5, x4, #1\ngic cdrcfg, x5'],
    ['no look at all', 'gic cddis, x4'],
    ['an acknowledge of nothing', 'gicr x5, cdia\nmrs x6, ICC_HPPIR_EL1'],
  ])('is not missing with %s', async (_what, body) => {
    expect(await run(guest(body))).toEqual([]);
  });

  it('for an acknowledge is GSB ACK, which waits for nothing else', async () => {
    const pend = 'gic cden, x4\nldr x5, =0x160000005\ngic cdpend, x5\nmov w1, #1\nstr w1, [x2, #0x80]\ngsb sys\n';
    const ack = await run(guest(`${pend}gicr x6, cdia\nmrs x7, ICC_HAPR_EL1`));
    expect(ack).toMatchObject([{ title: 'No GSB ACK between GICR CDIA and a look at its effect' }]);
    expect(await run(guest(`${pend}gicr x6, cdia\ngsb ack\nmrs x7, ICC_HAPR_EL1`))).toEqual([]);
    const other = await run(guest(`${pend}gic cddis, x4\ngsb ack\nmrs x7, ICC_HPPIR_EL1`));
    expect(other).toMatchObject([{ title: 'No GSB SYS between GIC CDDIS and a look at its effect' }]);
  });

  it('is told once for a loop, with how often', async () => {
    const [finding, ...others] = await run(
      guest('mov x9, #50\nagain:\ngic cdpri, x4\ngic cdrcfg, x4\nsub x9, x9, #1\ncbnz x9, again'),
    );
    expect([finding?.count, others]).toEqual([50, []]);
  });
});

describe('a selector of the IRS', () => {
  const select = (vcpu: number, register: string, value: bigint): NewEvent => ({
    kind: 'mmio.access',
    origin: 'guest',
    time: nanoseconds(0),
    vcpu: vcpuId(vcpu),
    register,
    op: 'write',
    size: 4,
    value,
    offset: 0n,
  });

  it('that another vCPU has moved configures the wrong SPI', async () => {
    const found = await inTrace((writer) => {
      writer.append(select(0, 'IRS_SPI_SELR', 5n));
      writer.append(select(1, 'IRS_SPI_SELR', 6n));
      writer.append(select(0, 'IRS_SPI_CFGR', 1n));
    });
    expect(found).toMatchObject([
      {
        rule: 'selector-race',
        title: 'vCPU 0 configures SPI 6, which vCPU 1 selected',
        positions: [{ seq: 0 }, { seq: 1 }, { seq: 2 }],
      },
    ]);
  });

  it('may be used by both in turn, and for the same SPI at once', async () => {
    const found = await inTrace((writer) => {
      for (const vcpu of [0, 1]) {
        writer.append(select(vcpu, 'IRS_SPI_SELR', BigInt(vcpu)));
        writer.append(select(vcpu, 'IRS_SPI_CFGR', 1n));
      }
      for (const vcpu of [0, 1]) writer.append(select(vcpu, 'IRS_SPI_SELR', 7n));
      writer.append(select(0, 'IRS_SPI_CFGR', 1n));
    });
    expect(found).toEqual([]);
  });
});

describe('a table of LPIs', () => {
  const write = (register: string, value: bigint, size = 8, offset = 0n): NewEvent => ({
    kind: 'mmio.access',
    origin: 'guest',
    time: nanoseconds(0),
    vcpu: vcpuId(0),
    register,
    op: 'write',
    size,
    value,
    offset,
  });
  const tables = (...writes: readonly NewEvent[]): Promise<readonly Finding[]> =>
    inTrace((writer) => writes.forEach((each) => writer.append(each)));

  it('lies at a multiple of its size, linear or of two levels, written whole or by halves', async () => {
    // Linear, 2^12 entries of 4 bytes: 16 KiB. Two levels of 4 KiB for 24 bits: 128 KiB of the first.
    for (const [cfgr, aligned, misaligned] of [
      [0xcn, 0x8000_4000n, 0x8000_2000n],
      [0x1_0018n, 0x8002_0000n, 0x8001_0000n],
    ] as const) {
      const cfg = write('IRS_IST_CFGR', cfgr, 4);
      expect(await tables(cfg, write('IRS_IST_BASER', aligned | 1n))).toEqual([]);
      const found = await tables(cfg, write('IRS_IST_BASER', misaligned | 1n));
      expect(found).toMatchObject([
        { rule: 'misaligned-table', severity: 'warning', positions: [{ seq: 0 }, { seq: 1 }] },
      ]);
      const halves = await tables(
        cfg,
        write('IRS_IST_BASER', 4n, 4, 0x184n),
        write('IRS_IST_BASER', misaligned | 1n, 4, 0x180n),
      );
      expect(halves[0]?.title).toContain(`0x${((4n << 32n) | misaligned).toString(16)}`);
    }
  });

  it('is looked at when it becomes valid, with the shape of that moment', async () => {
    const cfg = write('IRS_IST_CFGR', 0xcn, 4);
    const valid = write('IRS_IST_BASER', 0x8000_4001n);
    // In use: neither another shape nor another address is taken.
    expect(await tables(cfg, valid, write('IRS_IST_CFGR', 0x10n, 4), write('IRS_IST_BASER', 0x8000_0041n))).toEqual([]);
    expect(await tables(cfg, write('IRS_IST_BASER', 0x8000_0040n))).toEqual([]);
    expect(await tables(valid)).toEqual([]);
  });
});

describe('interrupts of a GICv3', () => {
  const access = (register: string, op: 'read' | 'write', value: bigint, vcpu = 0): NewEvent => ({
    kind: 'register.access',
    origin: 'guest',
    time: nanoseconds(0),
    vcpu: vcpuId(vcpu),
    register,
    op,
    value,
  });
  const taken = (intid: bigint, vcpu = 0): NewEvent => access('ICC_IAR1_EL1', 'read', intid, vcpu);
  const ended = (intid: bigint, vcpu = 0): NewEvent => access('ICC_EOIR1_EL1', 'write', intid, vcpu);
  const found = (...events: readonly NewEvent[]): Promise<readonly Finding[]> =>
    inTrace((writer) => events.forEach((event) => writer.append(event)));

  it('that are ended in the order of their acknowledges drop the wrong priorities', async () => {
    expect(await found(taken(32n), taken(34n), ended(32n), ended(34n))).toMatchObject([
      {
        rule: 'end-order',
        severity: 'warning',
        title: 'vCPU 0 ends SPI 32 before SPI 34, which it acknowledged later',
        count: 1,
        positions: [{ seq: 0 }, { seq: 1 }, { seq: 2 }],
      },
    ]);
  });

  it.each([
    ['in reverse order', [taken(32n), taken(34n), ended(34n), ended(32n)]],
    ['each on its own vCPU', [taken(32n), taken(34n, 1), ended(32n), ended(34n, 1)]],
    ['with nothing to acknowledge between', [taken(32n), taken(1023n), ended(1023n), ended(32n)]],
    ['where one was acknowledged before the recording', [taken(34n), ended(32n), ended(34n)]],
    ['one after the other', [taken(32n), ended(32n), taken(34n), ended(34n)]],
  ])('are ended rightly %s', async (_how, events) => {
    expect(await found(...events)).toEqual([]);
  });

  it('that wait where nobody queues them are found', async () => {
    const [restored, ...others] = await run(bundled('gicv3-restore-order'));
    expect(restored).toMatchObject({ rule: 'unqueued-interrupt', severity: 'warning', count: 1 });
    expect(others).toEqual([]);
    expect(rulesOf(await run(bundled('gicv3-irouter-while-pending')))).toEqual([]);
    expect(rulesOf(await run(bundled('gicv3-deactivation-by-count')))).toEqual([]);
  });
});

describe('an active interrupt that was restored after its route moved', () => {
  /** User space restores SPI 32 active for vCPU 1; the guest that handles it is vCPU 0. */
  const restored = (route: number): string => `
name: restored
about: SPI 32 was acknowledged by vCPU 0.
host: { gic: v3 }
vm: { device: vgicv3, interrupts: 64, vcpus: [{ starts: paused }, { starts: off }] }
guest:
  program: |
    start:
      mov x1, #1
      msr ICC_IGRPEN1_EL1, x1
      mov x1, #32
      msr ICC_EOIR1_EL1, x1
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
events:
  - at: 0ns
    do:
      - { deviceAttr: { op: set, group: 1, attr: 0x6100, words: [${route}, 0] } }
      - { deviceAttr: { op: set, group: 1, attr: 0x304, words: [1] } }
      - { deviceAttr: { op: set, group: 6, attr: 0xc648, words: [0x100000, 0] } }
  - at: 100ns
    do: { run: {} }
`;

  it('is ended by a vCPU that does not hold it: told with its name, the holder, and what became of it', async () => {
    const [finding, ...others] = await run(restored(1));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      rule: 'lost-attribution',
      severity: 'error',
      intid: 0x6000_0020,
      positions: [{ vcpu: 0 }],
    });
  });

  it('is no finding where the route leads to the vCPU that ends it', async () => {
    expect(await run(restored(0))).toEqual([]);
  });
});

describe('what the emulator marks', () => {
  it('is found: a latch that a lowered line leaves, a resampler that nobody signals, a refused table', async () => {
    const refused = 'mov w1, #4\nstr w1, [x2, #0x190]\nldr x1, =0x80100001\nstr x1, [x2, #0x180]';
    expect(rulesOf(await run(guest(refused)))).toEqual(['refused-table']);
    const stuck = `${guest('pulse:\nnop\nmov w1, #5\nstr w1, [x2, #0x108]\nmov w1, #1\nstr w1, [x2, #0x114]\nlevel:\nnop')}
events:
  - at: 0ns
    do: { resampler: { gsi: 5 } }
  - when: { label: pulse }
    do: { irqLine: { spi: 5, level: 1 } }
  - when: { label: level }
    do: [{ irqLine: { spi: 5, level: 1 } }, { irqLine: { spi: 5, level: 0 } }]
`;
    expect(rulesOf(await run(stuck))).toEqual(['deaf-resampler', 'stuck-latch']);
  });
});

describe('the rules', () => {
  it('find nothing in any other bundled scenario', async () => {
    const names = readdirSync(BUNDLED).filter((name) => name.endsWith('.yaml') && !name.startsWith('gicv3'));
    expect(names.length).toBeGreaterThan(20);
    const found: [string, string[]][] = [];
    for (const name of names) {
      const rules = rulesOf(await run(bundled(name.replace('.yaml', ''))));
      if (rules.length > 0) found.push([name, [...new Set(rules)]]);
    }
    expect(found).toEqual([
      ['its-preview-msi.yaml', ['stale-translation']],
      ['spi-lock-inversion.yaml', ['lock-order']],
    ]);
  });

  it('have ids of their own, and each says what it looks for and where that is written', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
    for (const { about, clause, names } of RULES) {
      expect(about).not.toBe('');
      expect(clause).toMatch(/§\d/);
      expect(names.length).toBeGreaterThan(0);
    }
  });
});
