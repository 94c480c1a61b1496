/** A small trace for exports: events, slots and lives that the test can look through. */
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, seq, vcpuId } from '../../../core/state/brand.ts';
import { type ExportEvent } from '../../../core/export/event.ts';
import { type ListSource } from '../../../core/export/list/format.ts';
import { type ReportSource } from '../../../core/export/report/collect.ts';
import { type Life, type Leg } from '../../../core/trace/life.ts';

const timer = intid('ppi', 27);

/** `hostile` stands in every text that a trace can bring. */
export function event(at: number, hostile = ''): ExportEvent {
  return {
    seq: at,
    time: at * 1000,
    vcpu: at % 3 === 2 ? null : at % 3,
    origin: 'guest',
    kind: 'register.access',
    name: `ICC_PCR_EL1${hostile}`,
    operand: hostile,
    arrow: '←',
    detail: `0x${at.toString(16)}${hostile}`,
    register: `ICC_PCR_EL1${hostile}`,
    op: 'write',
    value: `0x${at.toString(16)}`,
    intid: at % 10 === 0 ? timer : null,
  };
}

/** The filter `tens` passes every tenth event. */
export function listSource(count: number): ListSource {
  const all = Array.from({ length: count }, (_, at) => event(at));
  return {
    events: (from, most, filter) =>
      all.filter(({ seq: at }) => at >= from && (filter !== 'tens' || at % 10 === 0)).slice(0, most),
    slots: [
      { path: 'vcpu0.irq.ppi27.pending', width: 1 },
      { path: 'vcpu0.ICC_PCR_EL1', width: 5 },
      { path: 'irq.spi33.enabled now', width: 1 },
    ],
    // Slot 0 toggles at even events, slot 1 counts at every third, slot 2 stays unknown.
    stateAt: (at) => (slot) =>
      [at < 0 ? undefined : BigInt(Math.floor(at / 2) % 2), at < 0 ? 0n : BigInt(Math.floor(at / 3) % 32), undefined][
        slot
      ],
    changesOf: (at) => [
      ...(at % 2 === 0 ? [{ slot: 0, after: BigInt(Math.floor(at / 2) % 2) }] : []),
      ...(at % 3 === 0 ? [{ slot: 1, after: BigInt(Math.floor(at / 3) % 32) }] : []),
    ],
    timeOf: (at) => at * 1000,
  };
}

export function life(vcpu: number | undefined, moments: Partial<Record<Leg, number>>): Life {
  return {
    id: 0,
    intid: timer,
    ...(vcpu === undefined ? {} : { vcpu: vcpuId(vcpu) }),
    moments: Object.fromEntries(
      Object.entries(moments).map(([leg, at]) => [leg, { seq: seq(at), time: nanoseconds(at * 1000) }]),
    ),
  };
}

export function reportSource(events: number, hostile = ''): ReportSource {
  return {
    generator: 'gicscope 0.1.0',
    now: Date.UTC(2026, 10, 20, 10, 24, 30),
    findings: [
      {
        rule: 'lock-order',
        severity: 'error',
        title: `Lock inversion${hostile}`,
        explanation: `Two threads stop.${hostile}`,
        clause: 'kvm-vgic-v5-spi §2',
        count: 2,
        positions: [{ seq: seq(4), timeNs: 4000, vcpu: 1, what: 'takes the lock' }],
      },
    ],
    trace: {
      fileName: `boot${hostile}.gscope`,
      fileBytes: 123_456,
      gic: 'v5',
      source: { kind: 'qemu-log', files: [`boot${hostile}.log`], facts: { [`clock${hostile}`]: `UTC${hostile}` } },
      profile: null,
      vcpus: 2,
      events,
      durationNs: Math.max(0, events - 1) * 1000,
      kinds: { 'register.access': events },
      names: {},
      lines: { read: 3, asEvents: 1, merged: 1, skipped: 1, reasons: { [`odd${hostile}`]: 1 } },
      interrupts: [
        { intid: timer, label: 'PPI 27', name: `CNTV${hostile}`, vcpu: 0, acknowledged: 2, deactivated: 1 },
        { intid: timer, label: 'PPI 27', name: `CNTV${hostile}`, vcpu: 1, acknowledged: 1, deactivated: 1 },
      ],
      complete: true,
    },
    events: (from, count) =>
      Array.from({ length: Math.max(0, Math.min(events, from + count) - from) }, (_, n) => event(from + n, hostile)),
    lives: () => [
      life(0, { raised: 1, pending: 1, acknowledged: 4, dropped: 5, deactivated: 6 }),
      life(0, { raised: 20, pending: 21, acknowledged: 70 }),
      life(1, { pending: 30, acknowledged: 31, deactivated: 40 }),
      life(1, { pending: 90 }),
    ],
    lines: () => [
      {
        intid: timer,
        vcpu: vcpuId(1),
        raised: { seq: seq(10), time: nanoseconds(10_000) },
        lowered: { seq: seq(85), time: nanoseconds(85_000) },
      },
    ],
    rest: () => undefined,
    inspect: (_, vcpu) => ({
      runState: 'guest',
      registers: [
        {
          name: `ICC_PCR_EL1${hostile}`,
          value: `0x${vcpu}f`,
          text: '',
          summary: `PRIORITY=15${hostile}`,
        },
        { name: 'ICC_CR0_EL1', value: null, text: '', summary: '' },
      ],
      ppis: [
        { label: 'PPI 27', name: `CNTV${hostile}`, code: 0x71, state: 'pending' },
        { label: 'PPI 23', name: '', code: 0x70, state: 'disabled' },
      ],
      shared: [],
    }),
    lanes: (from, to) => [
      {
        type: 'vcpu',
        label: 'vCPU 0',
        sublabel: hostile,
        segments: [
          { start: from, end: (from + to) / 2, code: 1 },
          { start: (from + to) / 2, end: to, code: 3 },
        ],
      },
      {
        type: 'interrupt',
        label: `PPI 27${hostile}`,
        sublabel: hostile,
        segments: [
          { start: from, end: from + 5000, code: 0x71 },
          { start: from + 5000, end: from + 9000, code: 0x72 },
          { start: from + 9000, end: from + 12_000, code: 0x73 },
          { start: from + 12_000, end: from + 15_000, code: 0x79 },
          { start: from + 15_000, end: to, code: 0 },
        ],
      },
      { type: 'interrupt', label: 'PPI 23', sublabel: '', segments: [{ start: from, end: to, code: 0x70 }] },
    ],
  };
}
