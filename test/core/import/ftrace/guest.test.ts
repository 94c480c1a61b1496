/** A recording that was made inside a guest: whose CPUs are its vCPUs, where that is said or shown, and never else. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ImportError, type ImportOptions, importTrace, planImport } from '../../../../core/import/import.ts';
import { importSeveral } from '../../../../core/import/several/import-several.ts';
import { type TraceSummary } from '../../../../core/trace/sink.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { scratchFile } from '../../../support/scratch.ts';
import { format, record, traceDat, Writer } from '../../../support/trace-dat.ts';

const GUEST = [
  '# tracer: nop',
  '          <idle>-0       [000] d.h1.    47.063432: irq_handler_entry: irq=2 name=IPI',
  '            init-1       [002] d.h..    47.064509: irq_handler_entry: irq=28 name=virtio2',
  '            init-1       [002] d....    47.064600: sched_switch: prev_comm=init prev_pid=1 prev_prio=120 prev_state=S ==> next_comm=swapper/2 next_pid=0 next_prio=120',
  '',
].join('\n');
const ENTRY = '     CPU 0/KVM-77 [001] d..1.    47.070000: kvm_entry: PC: 0x0000000040000000\n';
const QEMU = '2026-11-20T21:55:32.992100Z arm_cpu_reset cpu 0\n2026-11-20T21:55:32.992200Z arm_cpu_reset cpu 1\n';

async function imported(
  text: string,
  options: ImportOptions = {},
): Promise<{ sink: MemorySink; summary: TraceSummary }> {
  const sink = new MemorySink();
  const stream = Readable.from([Buffer.from(text)]);
  return { sink, summary: (await importTrace({ name: 'guest.txt', stream }, sink, options)).summary };
}

const vcpus = (sink: MemorySink): (number | undefined)[] => sink.events.map(({ vcpu }) => vcpu);

describe("a guest's own ftrace", () => {
  it('has no vCPU while nobody says that it is one, and says what makes it likely', async () => {
    const { sink, summary } = await imported(GUEST);
    expect(vcpus(sink)).toEqual([undefined, undefined, undefined]);
    expect(summary.vcpus).toBe(0);
    expect(summary.source.facts['no vCPUs']).toMatch(/virtio2 .*likely\. .*--guest/);
  });

  it('makes no vCPUs likely where no interrupt of a virtual device is', async () => {
    const { summary } = await imported(GUEST.replace('virtio2', 'eth0'));
    expect(summary.source.facts['no vCPUs']).toMatch(/^no event of KVM names one\. /);
  });

  it('has its CPUs as vCPUs where the user says so, which info calls by its name', async () => {
    const { sink, summary } = await imported(GUEST, { guest: true });
    expect(vcpus(sink)).toEqual([0, 2, 2]);
    expect(new Set(sink.events.map(({ origin }) => origin))).toEqual(new Set(['guest']));
    expect(summary.vcpus).toBe(3);
    expect(summary.source.facts['vCPUs from']).toMatch(/CPU n as vCPU n: you say/);
    expect(summary.source.facts).not.toHaveProperty('no vCPUs');
  });

  it('has as many vCPUs as the user states', async () => {
    expect((await imported(GUEST, { guest: true, vcpus: 8 })).summary.vcpus).toBe(8);
  });

  it("is refused with an event of a KVM host, whose vCPUs are its guests'", async () => {
    const refused = await imported(GUEST + ENTRY, { guest: true }).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(ImportError);
    expect(refused).toMatchObject({ at: { line: 5 }, message: expect.stringMatching(/guest\.txt: .*kvm_entry/) });
    expect((await imported(GUEST + ENTRY)).summary.source.facts).not.toHaveProperty('no vCPUs');
  });

  it('shares the vCPUs of its emulator, side by side', async () => {
    const sink = new MemorySink();
    const files = [scratchFile('qemu.log', QEMU), scratchFile('guest.txt', GUEST)];
    await importSeveral(files, sink, { guests: [false, true], offsets: [0, 0] });
    expect(sink.events.filter(({ detail }) => detail?.['file'] === 'guest.txt').map(({ vcpu }) => vcpu)).toEqual([
      0, 2, 2,
    ]);
  });

  it('is no log of an emulator: that is refused, and the plan says it before', async () => {
    const qemu = scratchFile('qemu.log', QEMU);
    await expect(importTrace(qemu, new MemorySink(), { guest: true })).rejects.toThrow(/not recorded inside a guest/);
    const plan = await planImport([qemu, scratchFile('guest.txt', GUEST)], { guests: [0] });
    expect(plan.files.map(({ message }) => message)).toEqual([
      expect.stringContaining('not recorded inside a guest'),
      expect.not.stringContaining('not recorded inside a guest'),
    ]);
    expect(plan.problem).toBe('1 of 2 files cannot be imported');
  });
});

describe("a trace.dat of trace-cmd's agent", () => {
  const event = (name: string): string => format(name, 42, [['int irq', 8, 4, 1]]);
  const body = new Writer(false).u16(42).u8(0, 0).u32(7).u32(27).build();
  const shift = new Writer(false).u64(1).u32(0).u32(0).build();
  const dat = (name: string, options: readonly (readonly [number, Buffer])[]): string => {
    const cpu = [{ base: 1000n, data: record(false, body.length / 4, 1, body) }];
    return scratchFile(
      'agent.dat',
      traceDat({}, { any: [event(name)] }, '', [{ name: '', cpus: [cpu, cpu] }], { options }),
    );
  };
  const read = async (path: string): Promise<{ sink: MemorySink; facts: Readonly<Record<string, string>> }> => {
    const sink = new MemorySink();
    return { sink, facts: (await importTrace(path, sink)).summary.source.facts };
  };

  it('is taken as a guest’s for the time shift to its host, which is called an inference', async () => {
    const { sink, facts } = await read(dat('irq_handler_entry', [[12, shift]]));
    expect(vcpus(sink)).toEqual([0, 1]);
    expect(facts['vCPUs from']).toContain('an inference: the file has the time shift');
  });

  it('is not without one, nor where events of KVM were recorded', async () => {
    for (const path of [dat('irq_handler_entry', []), dat('kvm_ack_irq', [[12, shift]])]) {
      const { sink, facts } = await read(path);
      expect(vcpus(sink)).toEqual([undefined, undefined]);
      expect(facts).not.toHaveProperty('vCPUs from');
    }
  });
});
