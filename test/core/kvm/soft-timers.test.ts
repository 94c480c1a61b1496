import { describe, expect, it } from 'vitest';
import { Host } from '../../../core/kvm/host.ts';
import { REFERENCE_HOST } from '../../../core/kvm/host-facts.ts';
import { type VcpuTimers } from '../../../core/kvm/timers.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Layout } from '../../../core/state/layout.ts';

const VCPUS = 4;

function hostWithVcpus(): { readonly host: Host; readonly timers: readonly VcpuTimers[] } {
  const host = new Host(new Journal(new Layout()), REFERENCE_HOST);
  const vm = host.createVm();
  for (let id = 0; id < VCPUS; id++) expect(vm.createVcpu(id)).toBe(0);
  return { host, timers: vm.vcpus.map((vcpu) => vcpu.timers) };
}

/** Without an index: every timer of every vCPU. */
const earliest = (timers: readonly VcpuTimers[]): bigint | undefined =>
  timers
    .flatMap(({ contexts, background }) => [...contexts.map(({ soft }) => soft), background])
    .filter(({ armed }) => armed.flag)
    .map(({ deadline }) => deadline.value)
    .reduce<bigint | undefined>((next, each) => (next === undefined || each < next ? each : next), undefined);

describe('the armed host timers of all vCPUs', () => {
  it('give the earliest deadline as timers are armed, cancelled and armed again', () => {
    const { host, timers } = hostWithVcpus();
    expect(host.softTimers.next).toBeUndefined();
    for (const [vcpu, deadline] of [
      [2, 900n],
      [0, 1200n],
      [3, 300n],
      [3, 2000n],
    ] as const) {
      timers[vcpu]?.background.start(deadline);
      expect(host.softTimers.next).toBe(earliest(timers));
    }
    timers[2]?.background.cancel();
    expect(host.softTimers.next).toBe(1200n);
    timers[0]?.background.cancel();
    timers[3]?.background.cancel();
    expect(host.softTimers.next).toBeUndefined();
  });

  it('follow the state when changes are taken back', () => {
    const { host, timers } = hostWithVcpus();
    timers[1]?.background.start(500n);
    const mark = host.journal.mark();
    timers[1]?.background.cancel();
    timers[2]?.background.start(100n);
    expect(host.softTimers.next).toBe(100n);
    host.journal.undoTo(mark);
    expect(host.softTimers.next).toBe(500n);
    host.journal.undoTo(0);
    expect(host.softTimers.next).toBeUndefined();
  });

  it('fire in the order of the vCPUs, whichever was armed first, and only those that are due', () => {
    const { host, timers } = hostWithVcpus();
    for (const vcpu of [3, 1, 2]) timers[vcpu]?.background.start(vcpu === 2 ? 999n : 40n);
    const fired: (number | undefined)[] = [];
    host.observe(({ kind }, { vcpu }) => {
      if (kind === 'host.softTimer') fired.push(vcpu);
    });
    host.advance(100n);
    expect(fired).toEqual([1, 3]);
    expect(host.counter.value).toBe(100n);
    expect(host.softTimers.next).toBe(999n);
  });
});
