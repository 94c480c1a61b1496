/** Laws that every life of a VM obeys, over random stimuli (kvm-vgic-v5, gicv5-cpuif-behaviour §13). */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CpuInterface } from '../../../core/gic/v5/cpu-interface.ts';
import { type Vcpu } from '../../../core/kvm/vcpu.ts';
import { GROUP, UserWords } from '../../../core/kvm/uapi.ts';
import { sysregAttribute, USERSPACE_REGISTERS } from '../../../core/kvm/v5/userspace-registers.ts';
import { digest } from '../../../core/state/digest.ts';
import { same, sameList } from '../../support/laws.ts';
import { lifePlan, type LifePlan, RandomLife, type Stimulus } from './random-life.ts';

const SW_PPI = 8n;
const ALL = 0xffff_ffff_ffff_ffffn;

/** Everything that happens in a life, in order. */
function lifeOf(plan: LifePlan): Stimulus[] {
  return [...plan.restores, ...RandomLife.prologue(plan), ...plan.stimuli];
}

/** Plays the restores (which only some profiles accept), then the stimuli. */
function play(
  plan: LifePlan,
  profile: string,
  after?: (life: RandomLife, s: Stimulus, result: bigint | boolean) => void,
): RandomLife {
  const life = new RandomLife(plan, profile);
  for (const s of lifeOf(plan)) {
    life.prepare(s);
    const result = life.perform(s);
    after?.(life, s, result);
  }
  return life;
}

function hardwareOf(vcpu: Vcpu): CpuInterface {
  return vcpu.requireCpu().interface;
}

/** What a guest can read of its interface. */
function guestView(vcpu: Vcpu): bigint[] {
  const c = hardwareOf(vcpu);
  const [bank] = c.banks;
  if (bank === undefined) throw new Error('no bank');
  return [
    c.vmcr.value,
    c.apr.value,
    c.icsr.value,
    bank.enable.value,
    bank.active.value,
    bank.pend.value,
    bank.dvi.value,
    ...bank.priority.map((cell) => cell.value),
  ];
}

describe('a VM’s life', () => {
  it('is taken back by the journal to any moment', () => {
    fc.assert(
      fc.property(lifePlan, fc.double({ min: 0, max: 1, noNaN: true }), (plan, where) => {
        const life = new RandomLife(plan, 'series-queued');
        const all = lifeOf(plan);
        const step = (s: Stimulus): void => {
          life.prepare(s);
          life.perform(s);
        };
        const cut = Math.floor(where * all.length);
        for (const s of all.slice(0, cut)) step(s);
        const mark = life.journal.mark();
        const before = life.journal.state.clone();
        for (const s of all.slice(cut)) step(s);
        const end = life.journal.mark();
        const after = digest(life.journal.state);
        life.journal.undoTo(mark);
        expect(life.journal.state.equals(before)).toBe(true);
        life.journal.redoTo(end);
        expect(digest(life.journal.state)).toBe(after);
        // And played again from there it comes to the same end.
        life.journal.undoTo(mark);
        for (const s of all.slice(cut)) step(s);
        expect(digest(life.journal.state)).toBe(after);
      }),
      { numRuns: 700 },
    );
  });

  it('gives the same events and the same state every time, observed or not', () => {
    fc.assert(
      fc.property(lifePlan, (plan) => {
        const [a, b] = [play(plan, 'mainline'), play(plan, 'mainline')];
        expect(a.events).toEqual(b.events);
        expect(digest(a.journal.state)).toBe(digest(b.journal.state));
        const silent = new RandomLife(plan, 'mainline');
        silent.host.observe(undefined);
        for (const s of lifeOf(plan)) {
          silent.prepare(s);
          silent.perform(s);
        }
        expect(digest(silent.journal.state)).toBe(digest(a.journal.state));
      }),
      { numRuns: 300 },
    );
  });

  it('owns every change of state by an event', () => {
    fc.assert(
      fc.property(lifePlan, (plan) => {
        play(plan, 'series-queued', (life, s) => {
          const unowned = life.journal.changes(life.owned).map(({ slot }) => life.journal.layout.descriptor(slot).path);
          if (unowned.length > 0) expect(unowned, inspect(s)).toEqual([]);
        });
      }),
      { numRuns: 700 },
    );
  });

  it('loses no edge, and invents none', () => {
    fc.assert(
      fc.property(lifePlan, (plan) => {
        /** Edges of SW_PPI that the guest's interface has or will get at the next entry, by vCPU. */
        const known = new Set<number>();
        /** Those that arrived since the entry: they outlive an acknowledge of the earlier one (kvm-vgic-v5 §17). */
        const late = new Set<number>();
        play(plan, 'series-queued', (life, s, result) => {
          const vcpu = 'vcpu' in s ? life.vm.vcpu(s.vcpu) : undefined;
          if (vcpu !== undefined) {
            const { index } = vcpu;
            if (s.op === 'line' && result === true && s.level === 1) (vcpu.inGuest ? late : known).add(index);
            if (s.op === 'insn' && result === 0x1_2000_0003n) known.delete(index);
            if (result === true && 'name' in s && 'value' in s) {
              const sets = (s.value & SW_PPI) !== 0n;
              if (s.op === 'write' && s.name.includes('SPENDR0') && sets) known.add(index);
              if (s.op === 'write' && s.name.includes('CPENDR0') && sets) known.delete(index);
              // User space assigns: the one place where an edge may be taken away from outside.
              if (s.op === 'restore' && s.name.includes('SPENDR0')) known[sets ? 'add' : 'delete'](index);
            }
          }
          for (const each of life.vm.vcpus) {
            const { index, inGuest } = each;
            if (!inGuest && late.delete(index)) known.add(index);
            const latched = life.gic(each).ppis.pendingLatch.has(3);
            const inHardware = inGuest && (hardwareOf(each).bank(0)?.pend.has(3) ?? false);
            sameList([inHardware, latched], inGuest ? [known.has(index), late.has(index)] : [false, known.has(index)]);
          }
        });
      }),
      { numRuns: 1200 },
    );
  });

  it('acknowledges nothing that is disabled, masked, active or not urgent enough, and keeps APR in balance', () => {
    fc.assert(
      fc.property(lifePlan, (plan) => {
        const life = new RandomLife(plan, 'mainline');
        /** Active priorities by vCPU, from acknowledges, drops and writes alone. */
        const active = new Map<number, number>();
        for (const s of [...RandomLife.prologue(plan), ...plan.stimuli]) {
          life.prepare(s);
          const vcpu = 'vcpu' in s ? life.vm.vcpu(s.vcpu) : undefined;
          const inGuest = vcpu?.inGuest === true;
          const apr = (vcpu && active.get(vcpu.index)) ?? 0;
          const bank = inGuest ? hardwareOf(vcpu).bank(0) : undefined;
          const before = bank && {
            mask: hardwareOf(vcpu as Vcpu).priorityMask, // in the guest, so there is a vCPU
            enabled: bank.enable.value,
            active: bank.active.value,
            pending: bank.pendingNow.value,
          };
          const result = life.perform(s);
          if (vcpu === undefined || !inGuest || before === undefined || bank === undefined) continue;
          if (s.op === 'insn' && s.name === 'GIC CDEOI') active.set(vcpu.index, apr & (apr - 1));
          if (s.op === 'write' && s.name === 'ICC_APR_EL1') active.set(vcpu.index, Number(s.value));
          if (s.op === 'insn' && typeof result === 'bigint' && result !== 0n) {
            const ppi = Number(result & 0xffn);
            const bit = 1n << BigInt(ppi);
            const priority = bank.priorityOf(ppi);
            sameList([before.enabled & bit, before.pending & bit, before.active & bit], [bit, bit, 0n]);
            same(priority <= before.mask, true);
            same(apr === 0 || priority < 31 - Math.clz32(apr & -apr), true);
            active.set(vcpu.index, (apr | (1 << priority)) >>> 0);
          }
          for (const each of life.vm.vcpus)
            if (each.inGuest) same(hardwareOf(each).apr.lo, (active.get(each.index) ?? 0) >>> 0);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('never shows a hidden PPI once finalisation clears hidden state', () => {
    fc.assert(
      fc.property(lifePlan, (plan) => {
        /** Active bits that a guest itself wrote: it may, and they persist (kvm-vgic-v5 §24.5). */
        const own = new Map<number, bigint>();
        play(plan, 'series-queued', (life, s, result) => {
          if (s.op === 'write' && result === true && s.name.includes('SACTIVER0'))
            // On a non-VHE host an abandoned entry can fold another vCPU's active bits (§24.9, §28.8).
            for (const vcpu of plan.vhe ? [s.vcpu] : life.vm.vcpus.map(({ index }) => index))
              own.set(vcpu, (own.get(vcpu) ?? 0n) | s.value);
          const hidden = ALL & ~life.vgic.ppiMask.value;
          for (const vcpu of life.vm.vcpus) {
            if (!vcpu.inGuest) continue;
            const bank = hardwareOf(vcpu).bank(0);
            if (bank === undefined) throw new Error('no bank');
            same(bank.enable.value & hidden, 0n);
            same(bank.pendingNow.value & hidden, 0n);
            same(bank.active.value & hidden & ~(own.get(vcpu.index) ?? 0n), 0n);
          }
          if (s.op === 'insn' && typeof result === 'bigint' && result !== 0n)
            same((1n << (result & 0xffn)) & hidden, 0n);
        });
      }),
      { numRuns: 800 },
    );
  });

  it('shows the guest the same interface after a save and a restore, on the same CPU or another', () => {
    let trips = 0;
    fc.assert(
      fc.property(lifePlan, fc.boolean(), (plan, migrate) => {
        const life = play(plan, 'masked');
        for (const vcpu of life.vm.vcpus) {
          life.prepare({ op: 'wfi', vcpu: vcpu.index });
          if (!vcpu.inGuest) continue;
          const from = vcpu.requireCpu();
          const to = migrate ? life.host.cpu(1 - from.index) : from;
          if (to !== from && to.vcpu !== undefined) life.perform({ op: 'put', vcpu: to.vcpu.index });
          // An edge that has just arrived, or a line that moved, joins at the entry: not a matter of this law.
          const { ppis } = life.gic(vcpu);
          const bank = hardwareOf(vcpu).bank(0);
          if ((ppis.pendingLatch.value & life.vgic.ppiMask.value) !== 0n) continue;
          if (vcpu.hasPmu && vcpu.pmu.output !== ppis.lineLevel.has(23)) continue;
          const lines = ppis.lineLevel.value & life.vgic.ppiMask.value & ~ppis.dvir.value;
          if (bank === undefined || lines !== (bank.pend.value & ppis.level.value)) continue;
          const before = guestView(vcpu);
          vcpu.exit('migration');
          vcpu.put();
          vcpu.load(to);
          if (vcpu.enter() !== 'entered') continue;
          expect(guestView(vcpu)).toEqual(before);
          trips++;
        }
      }),
      { numRuns: 700 },
    );
    expect(trips).toBeGreaterThan(600);
  });

  it('is restored by user space to what was saved', () => {
    fc.assert(
      fc.property(lifePlan, (plan) => {
        const life = play(plan, 'series-queued');
        const names = USERSPACE_REGISTERS.map(({ name }) => name);
        const copy = new RandomLife(plan, 'series-queued');
        for (const vcpu of life.vm.vcpus) {
          if (vcpu.inGuest) vcpu.exit('saving');
          if (vcpu.cpu !== undefined) vcpu.put();
        }
        const read = (from: RandomLife, vcpu: Vcpu, name: string): bigint => {
          const words = new UserWords(0n);
          same(from.vm.deviceAttr('get', GROUP.CPU_SYSREGS, sysregAttribute(vcpu, name), words), 0);
          return words.words[0] ?? 0n;
        };
        for (const vcpu of life.vm.vcpus) {
          const target = copy.vm.vcpu(vcpu.index);
          if (target === undefined) throw new Error('vCPU missing');
          const saved = names.map((name) => read(life, vcpu, name));
          for (const [i, name] of names.entries()) {
            const memory = new UserWords(saved[i] ?? 0n);
            same(copy.vm.deviceAttr('set', GROUP.CPU_SYSREGS, sysregAttribute(target, name), memory), 0);
          }
          const restored = names.map((name) => read(copy, target, name));
          sameList(restored, saved);
        }
      }),
      { numRuns: 400 },
    );
  });
});
