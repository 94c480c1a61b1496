import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Args,
  type LiveState,
  type Method,
  type PushEvents,
  type Result,
} from '../../../core/session/contract.ts';
import { CONTRACT } from '../../../core/session/contract.ts';
import { Lab } from '../scenario/support.ts';

const signal = new AbortController().signal;

/** A recording that runs live, its trace open as a window has it. */
class LiveLab extends Lab {
  readonly grown: PushEvents['grown'][] = [];
  live = 0;
  id = 0;

  async call<M extends Method>(method: M, args: Args<M>): Promise<Result<M>> {
    const result = await this.backend.handle(method, args, signal);
    CONTRACT[method].result.parse(result);
    return result;
  }

  async start(scenario: string, more: Partial<Args<'live.start'>> = {}): Promise<LiveState> {
    this.backend.on('grown', (event) => this.grown.push(event));
    const output = this.path('live.gscope');
    const { live } = await this.call('live.start', { scenario, output, overwrite: true, paused: true, ...more });
    this.live = live;
    this.id = (await this.call('trace.open', { path: output })).id;
    return more.paused === false ? this.status() : this.until(({ state }) => state === 'stopped');
  }

  status(): Promise<LiveState> {
    return this.call('live.status', { live: this.live });
  }

  control(action: Args<'live.control'>['action'], vcpu: number | null = null): Promise<LiveState> {
    return this.call('live.control', { live: this.live, action, vcpu });
  }

  /** Lets it run to its next stop or end. */
  async run(): Promise<LiveState> {
    await this.control('run');
    return this.until(({ state }) => state !== 'running');
  }

  async until(holds: (state: LiveState) => boolean): Promise<LiveState> {
    const now = await this.status();
    if (holds(now)) return now;
    return new Promise((resolve) => {
      const off = this.backend.on('live', (state) => {
        if (!holds(state)) return;
        off();
        resolve(state);
      });
    });
  }

  async breakAt(condition: string, more: Partial<Args<'breakpoint.save'>['breakpoint']> = {}): Promise<number> {
    const breakpoint = { id: 0, condition, enabled: true, action: 'break' as const, note: '', ...more };
    return (await this.call('breakpoint.save', { id: this.id, breakpoint })).breakpoint.id;
  }

  async row(seq: number) {
    const args = { id: this.id, from: seq, count: 1, direction: 'forward', filter: '' } as const;
    return (await this.call('events.rows', args)).rows[0];
  }

  /** Content and state digest of a finished trace. */
  async digests(name = 'live.gscope') {
    const { columns, rows } = await this.call('sql.query', {
      id: name === 'live.gscope' ? this.id : (await this.call('trace.open', { path: this.path(name) })).id,
      sql: "SELECT value FROM meta WHERE key IN ('content_digest', 'state_digest', 'events') ORDER BY key",
      limit: 10,
    });
    expect(columns).toEqual(['value']);
    return rows.flat();
  }

  /** A scenario whose guest does this. */
  scenario(program: string, more = ''): string {
    const path = this.path('own.yaml');
    const lines = program.trim().split('\n');
    writeFileSync(
      path,
      `name: own\nabout: for this test\nguest:\n  program: |\n${lines.map((line) => `    ${line.trim()}`).join('\n')}\n${more}`,
    );
    return path;
  }
}

let lab: LiveLab;
const open = (): LiveLab => (lab = new LiveLab());
afterEach(() => lab.close());

describe('a recording that runs live', () => {
  it('stops at the first event, and steps by events and instructions from there', async () => {
    open();
    const first = await lab.start('priority-preemption');
    expect(first).toMatchObject({ why: 'start', seq: 0, events: 1, threads: [] });
    expect(await lab.row(0)).toMatchObject({ kind: 'gic.setup' });
    expect(await lab.control('stepEvent')).toMatchObject({ state: 'stopped', why: 'step', seq: 1, events: 2 });

    const before = await lab.control('stepInstruction');
    expect(before).toMatchObject({ why: 'step', vcpu: 0 });
    const [thread] = before.threads;
    expect(thread?.pc).toBe('0x40000000');
    const after = await lab.control('stepInstruction');
    // A plain instruction: the machine is ahead of the record.
    expect(after.events).toBe(before.events);
    expect(after.threads[0]?.pc).toBe('0x40000004');
    const next = await lab.control('stepInstruction');
    expect(next.events).toBeGreaterThanOrEqual(after.events);
    expect(next.threads[0]?.pc).toBe('0x40000008');
  });

  it('records the same bytes however often it is stopped', async () => {
    open();
    await lab.record('two-vcpus-one-cpu', { output: lab.path('through.gscope') });
    await lab.start('two-vcpus-one-cpu');
    await lab.breakAt('kind == irq.acknowledge on vcpu 1', { stop: 'before' });
    await lab.breakAt('vcpu0.ICC_PCR_EL1.PRIORITY changes');
    let stops = 0;
    for (let state = await lab.run(); state.state !== 'ended'; state = await lab.run()) {
      stops++;
      for (let n = 0; n < 7; n++)
        await lab.control(n % 3 === 0 ? 'stepEvent' : 'stepInstruction', n % 2 === 0 ? null : 1);
    }
    expect(stops).toBeGreaterThan(10);
    expect(await lab.digests()).toEqual(await lab.digests('through.gscope'));
  });

  it('stops behind what a condition names, with the state there', async () => {
    open();
    await lab.start('priority-preemption');
    const breakpoint = await lab.breakAt('write ICC_PCR_EL1');
    const hit = await lab.run();
    expect(hit).toMatchObject({ state: 'stopped', why: 'breakpoint', breakpoint, before: false });
    expect(hit.seq).toBe(hit.events - 1);
    const row = await lab.row(hit.seq);
    expect(row).toMatchObject({ register: 'ICC_PCR_EL1', op: 'write' });
    const { slots } = await lab.call('state.slots', {
      id: lab.id, seq: hit.seq, glob: 'vcpu0.ICC_PCR_EL1', diff: null, limit: 10 }); // prettier-ignore
    expect(slots[0]?.value).toBe(row?.value);
  });

  it('stops before a write is made when it is asked to, and once', async () => {
    open();
    await lab.start('priority-preemption');
    await lab.breakAt('write ICC_PCR_EL1', { stop: 'before' });
    const hit = await lab.run();
    expect(hit).toMatchObject({ why: 'breakpoint', before: true, vcpu: 0 });
    const { programs } = await lab.call('scenario.program', { id: lab.id });
    const line = programs[0]?.lines.find(({ address }) => address === hit.threads[0]?.pc);
    expect(line?.text.trim()).toMatch(/^msr ICC_PCR_EL1/);
    // Nothing of it is recorded yet: the last event is an earlier one.
    expect(hit.seq).toBe(hit.events - 1);
    const { seq } = await lab.call('nav.find', { id: lab.id, condition: 'write ICC_PCR_EL1', from: -1, direction: 'forward' }); // prettier-ignore
    expect(seq).toBeNull();
    expect(await lab.control('stepEvent')).toMatchObject({ why: 'step', seq: hit.seq + 1 });
    expect((await lab.row(hit.seq + 1))?.register).toBe('ICC_PCR_EL1');
    // The same breakpoint stops before the next write, not behind this one.
    const next = await lab.run();
    expect(next).toMatchObject({ why: 'breakpoint', before: true });
    expect(next.events).toBeGreaterThan(hit.events + 1);
  });

  it('stops before a line of the program, also one that makes no event', async () => {
    open();
    await lab.start(
      lab.scenario('start:\n mov x1, #1\n add x1, x1, #1\n add x1, x1, #1\n ldr x0, =PSCI_SYSTEM_OFF\n hvc #0'),
    );
    const { programs } = await lab.call('scenario.program', { id: lab.id });
    const line = programs[0]?.lines.find(({ text }) => text.trim() === 'add x1, x1, #1');
    expect(line).toMatchObject({ line: 7, address: '0x40000004', bytes: 4 });
    await lab.breakAt(`pc == ${line?.address} on vcpu 0`);
    const hit = await lab.run();
    expect(hit).toMatchObject({ why: 'breakpoint', before: true, vcpu: 0 });
    expect(hit.threads[0]?.pc).toBe('0x40000004');
    expect(hit.threads[0]?.registers.find(({ name }) => name === 'X1')?.value).toBe('0x1');
    const next = await lab.control('stepInstruction');
    expect(next.threads[0]?.registers.find(({ name }) => name === 'X1')?.value).toBe('0x2');
    expect(await lab.run()).toMatchObject({ state: 'ended', halted: 'poweredOff' });
  });

  it('hits what a search of the finished trace finds, latencies included', async () => {
    open();
    await lab.start('timer-tick-storm');
    const condition = 'latency(acknowledged, deactivated) >= 8ns';
    await lab.breakAt(condition);
    const live: number[] = [];
    for (let state = await lab.run(); state.state !== 'ended' && live.length < 5; state = await lab.run())
      live.push(state.seq);
    await lab.control('finish');
    const { seqs } = await lab.call('nav.hits', { id: lab.id, condition, from: 0, limit: 5 });
    expect(live).toEqual([...seqs].slice(0, live.length));
    expect(live.length).toBeGreaterThan(0);
  });

  it('pauses an endless guest within 50 ms of processor time, keeps it, and goes on', async () => {
    open();
    await lab.start(lab.scenario('start:\n add x1, x1, #1\n b start', 'limit: { time: 100s }\n'), { paused: false });
    await lab.until(({ timeNs }) => timeNs > 100_000);
    const asked = performance.now();
    const paused = await lab.control('pause');
    expect(paused).toMatchObject({ state: 'stopped', why: 'pause' });
    // The machine is shared; alone it takes 5 ms.
    expect(performance.now() - asked).toBeLessThan(1000);
    const later = await lab.control('stepInstruction');
    expect(later.timeNs).toBeGreaterThanOrEqual(paused.timeNs);
    await lab.control('run');
    const ended = await lab.control('finish');
    expect(ended).toMatchObject({ state: 'ended', halted: 'stopped' });
    expect(await lab.call('trace.info', { id: lab.id })).toMatchObject({ finished: true, complete: true });
  });

  it('removes the trace when it is discarded', async () => {
    open();
    await lab.start('dvi-on');
    await lab.call('trace.close', { id: lab.id });
    expect(await lab.control('discard')).toMatchObject({ state: 'ended' });
    expect(existsSync(lab.path('live.gscope'))).toBe(false);
  });

  it('lets open traces grow, with every position open to travel', async () => {
    open();
    await lab.start('save-and-restore');
    await lab.breakAt('kind == irq.acknowledge', { oneShot: true });
    const hit = await lab.run();
    expect(lab.grown.at(-1)).toMatchObject({ id: lab.id, events: hit.events, finished: false });
    const digests: string[] = [];
    for (let seq = 0; seq < hit.events; seq++)
      digests.push((await lab.call('state.digest', { id: lab.id, seq })).digest);
    expect(await lab.run()).toMatchObject({ state: 'ended' });
    expect(lab.grown.at(-1)).toMatchObject({ finished: true });
    for (const [seq, digest] of digests.entries())
      expect((await lab.call('state.digest', { id: lab.id, seq })).digest).toBe(digest);
  });

  it('takes bookmarks and breakpoints while it runs', async () => {
    open();
    await lab.start(
      lab.scenario('start:\n msr TPIDR_EL1, x1\n mrs x2, ICC_PCR_EL1\n b start', 'limit: { time: 100s }\n'),
      {
        paused: false,
      },
    );
    await lab.until(({ events }) => events > 10_000);
    for (let n = 0; n < 20; n++)
      await lab.call('bookmark.save', { id: lab.id, bookmark: { id: 0, seq: n, note: `${n}` } });
    await lab.breakAt('read ICC_PCR_EL1');
    expect(await lab.until(({ state }) => state === 'stopped')).toMatchObject({ why: 'breakpoint' });
    await lab.control('finish');
    expect((await lab.call('bookmark.list', { id: lab.id })).bookmarks).toHaveLength(20);
  });

  it('tells expectations as they are checked, and those of the record at the end', async () => {
    open();
    await lab.start('wfi-wake-by-priority');
    expect(await lab.call('scenario.expectations', { id: lab.id })).toEqual({ checks: [], total: 0 });
    expect(await lab.run()).toMatchObject({ state: 'ended', failed: 0 });
    const { checks, total } = await lab.call('scenario.expectations', { id: lab.id });
    expect(total).toBe(17);
    expect(checks.every(({ ok }) => ok)).toBe(true);
    const atLabel = checks.find(({ what }) => what.includes('ICC_PCR_EL1'));
    expect(await lab.row(atLabel?.seq ?? -1)).toMatchObject({ name: 'label after_pause' });
    // The same from the file alone.
    const again = await lab.call('trace.open', { path: lab.path('live.gscope') });
    expect((await lab.call('scenario.expectations', { id: again.id })).checks).toEqual(checks);
  });

  it('is among the traces opened lately as what it became, not as it was when it was opened', async () => {
    open();
    await lab.start('wfi-wake-by-priority');
    const { events } = await lab.run();
    const [first] = (await lab.call('app.info', {})).recent;
    expect(first?.events).toBeLessThan(events);
    await lab.call('trace.close', { id: lab.id });
    const [recent] = (await lab.call('app.info', {})).recent;
    expect(recent).toMatchObject({ path: first?.path, openedAt: first?.openedAt, events });
    expect(Math.max(...(recent?.preview?.cells ?? []))).toBe(255);
  });

  it('refuses a scenario that is wrong, with the place, and steps of a machine that runs', async () => {
    open();
    const bad = lab.scenario('start:\n msr NO_SUCH_REGISTER, x0');
    await expect(lab.start(bad)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(/own\.yaml:6:\d+: expected/) }); // prettier-ignore
    expect((await lab.call('live.list', {})).recordings).toEqual([]);
    await lab.start(lab.scenario('start:\n b start', 'limit: { time: 100s }\n'), { paused: false });
    await expect(lab.control('stepEvent')).rejects.toMatchObject({ code: 'usage' });
    await expect(lab.call('live.status', { live: 99 })).rejects.toMatchObject({ code: 'not-found' });
  });
});
