/**
 * Mutated recordings of every format, through the one entry: an import ends with a trace or with a message that says
 * what is wrong and where, in bounded time and memory, whatever the bytes.
 *
 * `GICSCOPE_FUZZ=n` runs n inputs of each format instead of a thousand; 200,000 of each take some 90 minutes of one core. An input
 * is decided by `FUZZ_SEED` and its number, which a failure names: `FUZZ_SEED=seed GICSCOPE_FUZZ_FROM=number` begins
 * with it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImportError, type ImportInput, importTrace } from '../../core/import/import.ts';
import { openSource } from '../../core/import/source/source.ts';
import { damaged, type Random, randomOf } from '../support/damage.ts';
import { MemorySink } from '../support/memory-sink.ts';
import { SimpleFile } from '../support/qemu-simple.ts';
import { SEED } from '../support/seed.ts';
import { format, record, type Shape, traceDat, Writer } from '../support/trace-dat.ts';

const RUNS = Number(process.env['GICSCOPE_FUZZ'] ?? 1000);
const FROM = Number(process.env['GICSCOPE_FUZZ_FROM'] ?? 0);
/** Inputs are a kilobyte or a few: what one costs beyond this is a hang. Processor time, since the machine may be busy. */
const MOST_MS = 1000;
/** The same for large inputs, per megabyte. */
const MOST_MS_PER_MB = 2000;
const LARGE = 1024 * 1024;
/** What the process may grow by, whatever an input says of sizes. */
const MOST_BYTES = 300 * 1024 * 1024;
const PIECE = 1000;

const data = (name: string): string => fileURLToPath(new URL(`../data/import/${name}`, import.meta.url));

/** The first bytes of a recording, from a place in it. */
async function piece(name: string, from = 0): Promise<Buffer> {
  const source = await openSource(data(name));
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source.chunks) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > from + PIECE) break;
    }
  } finally {
    await source.close();
  }
  return Buffer.concat(chunks).subarray(from, from + PIECE);
}

const PERF = `     qemu-system-aar   400/401     [001]   100.000100:   kvm:kvm_entry: PC: 0xffff8000
     CPU 0/KVM   400/402     [000]   100.000200:   kvm:kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0xffff8010
\tffff800080012345 el0_svc ([kernel.kallsyms])
     CPU 0/KVM   400/402     [000]   100.000300:   kvm:vgic_update_irq_pending: VCPU: 0, IRQ 27, level: 1
`.repeat(8);

/** What KVM prints, one line of each form. */
const KVM = [
  'kvm_entry: PC: 0xffff800080012345',
  'kvm_exit: TRAP: HSR_EC: 0x0018 (SYS64), PC: 0xffff800080012349',
  'kvm_handle_sys_reg: HSR 0x62300c1e',
  'kvm_sys_access: PC: ffff8000 SYS_ICC_SGI1R_EL1 (3,0,12,11,5) write',
  'kvm_forward_sysreg_trap: 1000 R (3,0,0,12,5)',
  'kvm_guest_fault: ipa 0x8010000, hsr 0x93820046, hxfar 0xffff80001, pc 0xffff800080012349',
  'kvm_mmio_nisv: ipa 0x8010000, esr 0x92000046, far 0xffff80001, pc 0xffff800080012349',
  'kvm_mmio: mmio write len 4 gpa 0x8000104 val 0xffff',
  'kvm_mmio: mmio read len 8 gpa 0x80a0008 val 0x10',
  'vgic_update_irq_pending: VCPU: 0, IRQ 27, level: 1',
  'kvm_irq_line: Inject VGIC SPI interrupt (1), vcpu->idx: 0, num: 33, level: 1',
  'kvm_set_irq: gsi 5 level 1 source 0',
  'kvm_ack_irq: irqchip 0 pin 5',
  'kvm_timer_update_irq: VCPU: 0, IRQ 30, level 1',
  'kvm_timer_save_state:    CTL: 0x000005 CVAL:           0x1234 arch_timer_ctx_index: 1',
  'kvm_get_timer_map: VCPU: 0, dv: 1, dp: 0, ev: -1, ep: -1',
  'kvm_timer_emulate: arch_timer_ctx_index: 0 (should_fire: 0)',
  'kvm_wfx_arm64: guest executed wfi at: 0x0000000000004004',
  'kvm_hvc_arm64: HVC at 0x0000000000004004 (r0: 0x00000000c4000003, imm: 0x0)',
  'kvm_vcpu_wakeup: wait time 5 ns, polling valid',
  'kvm_halt_poll_ns: vcpu 0: halt_poll_ns 10 (grow 0)',
  'kvm_userspace_exit: reason restart (4)',
  'sched_switch: prev_comm=a prev_pid=7 prev_prio=120 prev_state=R+ ==> next_comm=CPU 0/KVM next_pid=4711 next_prio=120',
  'irq_handler_entry: irq=13 name=arch_timer',
]
  .map((text, i) => `       CPU 0/KVM-4711    [000] .....   100.0000${10 + i}: ${text}\n`)
  .join('');

const SIMPLE = Array.from({ length: 20 }, (_, i) => BigInt(i)).reduce(
  (file, i) =>
    file
      .event('gicv3_redist_set_irq', i * 10n, 0, 27, i & 1n)
      .event('gicv3_icc_iar1_read', i * 10n + 1n, 0, 27n)
      .event('gicv5_irs_recalc_hppi_fail', i * 10n + 2n, 'NonSecure', 1, 'no pending'),
  new SimpleFile(),
).bytes;

const SEEDS: readonly (readonly [name: string, seed: () => Promise<Buffer> | Buffer])[] = [
  ['QEMU, GICv5', () => piece('gicv5-smp2-full.log.xz', 40_000)],
  ['QEMU, GICv3', () => piece('gicv3-smp2-its-full.log.xz', 12_000)],
  ['QEMU, GICv2 with -d int', () => piece('gicv2-smp2.part.log.xz', 30_000)],
  ['QEMU simple', () => SIMPLE],
  ['ftrace text', () => piece('raw-arch_timer.trace.txt.xz')],
  ['ftrace text of every KVM event', () => Buffer.from(KVM)],
  ['trace-cmd report', () => piece('arch_timer.report-N.txt.xz')],
  ['perf script', () => Buffer.from(PERF)],
  ['trace.dat version 6', () => seedDat({ version: 6 }, 2)],
  ['trace.dat version 7', () => seedDat({}, 2)],
  ['trace.dat version 7, zstd', () => seedDat({ compression: 'zstd' }, 2)],
];

const IRQ = format(
  'irq_handler_entry',
  42,
  [
    ['int irq', 8, 4, 1],
    ['__data_loc char[] name', 12, 4, 0],
  ],
  '"irq=%d name=%s", REC->irq, __get_str(name)',
);
const KVM_FORMATS = [
  format('kvm_entry', 43, [['unsigned long vcpu_pc', 8, 8, 0]]),
  format('kvm_irq_line', 44, [
    ['unsigned int type', 8, 4, 0],
    ['int vcpu_idx', 12, 4, 1],
    ['int irq_num', 16, 4, 1],
    ['int level', 20, 4, 1],
  ]),
  format('kvm_timer_save_state', 45, [
    ['unsigned long ctl', 8, 8, 0],
    ['unsigned long long cval', 16, 8, 0],
    ['int timer_idx', 24, 4, 1],
  ]),
];

/** One event of each format. */
const BODIES = [
  event(42)
    .u32(27)
    .u32((4 << 16) | 16)
    .text('ipi\0'),
  event(43).u64(0xffff_8000_0000_1000n),
  event(44).u32(1).u32(0).u32(33).u32(1),
  event(45).u64(5).u64(0x1234).u32(1),
].map((writer) => writer.build());

/** Type, flags, depth of preemption, thread. */
function event(type: number): Writer {
  return new Writer(false).u16(type).u8(0, 0).u32(7);
}

/** Pages of twelve events on each of two CPUs, and one gap. */
function seedDat(shape: Shape, pages: number): Buffer {
  const events = Array.from({ length: 12 }, (_, i) => {
    const body = BODIES[i % BODIES.length] ?? Buffer.alloc(0);
    return record(false, body.length / 4, i, body);
  });
  const data = Buffer.concat(events);
  const cpu = Array.from({ length: pages }, (_, i) => ({
    base: BigInt(1000 + 500 * i),
    data,
    ...(i === 1 ? { lost: 3 } : {}),
  }));
  const formats = { irq: [IRQ], kvm: KVM_FORMATS };
  return traceDat({ ...shape, pageSize: 512 }, formats, '7 CPU 0/KVM\n', [{ name: '', cpus: [cpu, cpu] }]);
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A trace.dat is read in place; through a pipe it would be copied to a file for each input. */
function inputOf(bytes: Buffer, isFile: boolean): ImportInput {
  if (!isFile) return { name: 'fuzzed', stream: Readable.from([bytes]) };
  const path = join(folder, 'fuzzed');
  writeFileSync(path, bytes);
  return path;
}

/** Imports; whatever is wrong is an ImportError that names the file and the place in it. Milliseconds of processor. */
async function attempt(bytes: Buffer, isFile: boolean, keepPartial: boolean): Promise<number> {
  const sink = new MemorySink();
  const began = process.cpuUsage();
  try {
    const { summary, events } = await importTrace(inputOf(bytes, isFile), sink, { keepPartial });
    expect(events).toBe(sink.kept.length);
    const { lines } = summary;
    if (lines !== undefined) {
      expect(lines.asEvents + lines.merged + lines.skipped).toBe(lines.read);
      expect(lines.skipped).toBe(sink.skipped.length);
    }
  } catch (thrown) {
    if (!(thrown instanceof ImportError)) throw thrown;
    expect(thrown.message).toContain('fuzzed');
    expect(thrown.at, thrown.message).toBeDefined();
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

/** A megabyte of damaged pieces. The beginning stays whole, or there would be nothing to read on. */
function much(seed: Buffer, random: Random): Buffer {
  const pieces: Buffer[] = [seed];
  for (let length = 0; length < LARGE; length += pieces.at(-1)?.length ?? 1) pieces.push(damaged(seed, random));
  return Buffer.concat(pieces);
}

const isFile = (name: string): boolean => name.startsWith('trace.dat');

describe('damaged recordings end with a trace or a message that names the place', () => {
  it.each(SEEDS)(
    '%s',
    async (name, load) => {
      const seed = await load();
      await attempt(seed, isFile(name), false);
      const before = process.memoryUsage.rss();
      for (let n = FROM; n < FROM + RUNS; n++) {
        const random = randomOf(SEED + n);
        const bytes = damaged(seed, random);
        const cost = await attempt(bytes, isFile(name), random(2) === 0).catch((thrown: unknown) => {
          throw new Error(`FUZZ_SEED=${SEED}, input ${n}`, { cause: thrown });
        });
        if (cost > MOST_MS) expect.fail(`FUZZ_SEED=${SEED}, input ${n} took ${cost} ms`);
        if (n % 1000 === 0) expect(process.memoryUsage.rss() - before).toBeLessThan(MOST_BYTES);
      }
    },
    60_000 + RUNS * 20,
  );

  it.each(SEEDS)(
    '%s, by the megabyte within 2 s each, and in bounded memory',
    async (name, load) => {
      const bytes = isFile(name) ? damaged(seedDat({}, 1000), randomOf(SEED)) : much(await load(), randomOf(SEED));
      const before = process.memoryUsage.rss();
      const cost = await attempt(bytes, isFile(name), true);
      expect(cost).toBeLessThan((MOST_MS_PER_MB * bytes.length) / LARGE);
      expect(process.memoryUsage.rss() - before).toBeLessThan(MOST_BYTES);
    },
    60_000,
  );
});
