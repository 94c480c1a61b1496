/**
 * A random session: events of many kinds with changes of state, on three vCPUs, with quiet stretches in which some
 * slots rest for whole blocks. Fed to a sink, so the same session makes a file, a trace in memory, and the list that
 * the naive evaluator walks.
 */
import { intid, type Intid } from '../../../../core/gic/intid.ts';
import { nanoseconds, type SlotId, type VcpuId, vcpuId } from '../../../../core/state/brand.ts';
import { type Journal } from '../../../../core/state/journal.ts';
import { type BitRange, type InterruptField } from '../../../../core/trace/interrupts.ts';
import { ORIGINS, RUN_STATES, type NewEvent } from '../../../../core/trace/kinds.ts';
import { type TraceSink } from '../../../../core/trace/sink.ts';
import { Random } from './random.ts';

export const VCPUS = 3;
const REGISTERS = ['ICC_PCR_EL1', 'ICC_PPI_ENABLER0_EL1', 'ICC_PPI_ENABLER1_EL1', 'GIC CDDI', 'GICR CDIA'] as const;
const SOURCES = ['gicv5_gicr_cdia', 'gicv5_gic_cddi', 'kvm_entry', 'arm_gt_write', ''] as const;
const INTIDS: readonly Intid[] = [
  intid('ppi', 27),
  intid('ppi', 30),
  intid('spi', 33),
  intid('lpi', 8),
  intid('lpi', 27),
];

interface Place {
  readonly range: BitRange;
  readonly widthOfSlot: number;
}

/** Claims the slots and interrupts; returns every place that may change. */
function claim(sink: Pick<TraceSink, 'journal' | 'interruptField'>): Place[] {
  const { layout } = sink.journal;
  const places: Place[] = [];
  const slot = (path: string, width: number, more: object = {}): SlotId => {
    const id = layout.claim({ path, width, ...more });
    places.push({ range: { slot: id, lsb: 0, width }, widthOfSlot: width });
    return id;
  };
  const field = (of: Intid, vcpu: VcpuId | undefined, name: InterruptField, range: BitRange): void => {
    sink.interruptField(of, vcpu, name, range);
    places.push({ range, widthOfSlot: sink.journal.layout.descriptor(range.slot).width });
  };
  for (let n = 0; n < VCPUS; n++) {
    const vcpu = vcpuId(n);
    slot(`vcpu${n}.ICC_PCR_EL1`, 64, { register: 'ICC_PCR_EL1' });
    slot(`vcpu${n}.runState`, 4, { values: RUN_STATES, initial: 1n });
    // As an importer keeps them: a slot a field.
    for (const name of ['pending', 'active', 'enabled', 'masked'] as const)
      field(intid('ppi', 27), vcpu, name, { slot: slot(`vcpu${n}.irq.ppi27.${name}`, 1), lsb: 0, width: 1 });
    const priority = slot(`vcpu${n}.irq.ppi27.priority`, 5, { initial: 0n });
    field(intid('ppi', 27), vcpu, 'priority', { slot: priority, lsb: 0, width: 5 });
    // As the emulator keeps them: 64 interrupts a slot, more than 32 bits in.
    const pending = slot(`vcpu${n}.ICH_PPI_PENDR0_EL2`, 64, { initial: 0n });
    const active = slot(`vcpu${n}.ICH_PPI_ACTIVER0_EL2`, 64);
    for (const ppi of [3, 30, 40]) {
      field(intid('ppi', ppi), vcpu, 'pending', { slot: pending, lsb: ppi, width: 1 });
      field(intid('ppi', ppi), vcpu, 'active', { slot: active, lsb: ppi, width: 1 });
    }
  }
  for (const [key, of] of [
    ['spi33', intid('spi', 33)],
    ['lpi8', intid('lpi', 8)],
  ] as const)
    // prettier-ignore
    for (const name of ['pending', 'active', 'enabled'] as const)
      field(of, undefined, name, { slot: slot(`irq.${key}.${name}`, 1), lsb: 0, width: 1 });
  slot('vm.counter', 64, { initial: 0n });
  return places;
}

/** Plays `count` events into the sink. `after` sees each event with its journal, before it is appended. */
export function play(
  sink: Pick<TraceSink, 'journal' | 'interruptField' | 'append'>,
  count: number,
  seed: number,
  after: (event: NewEvent, journal: Journal) => void = () => undefined,
): void {
  const random = new Random(seed);
  const places = claim(sink);
  let time = 0;
  let lively = places;
  for (let i = 0; i < count; i++) {
    // Every now and then only a few slots go on living.
    if (i % 3000 === 0) lively = places.filter(() => random.chance(random.pick([1, 0.5, 0.1])));
    time += random.chance(0.2) ? 0 : random.below(2000);
    change(sink.journal, lively, places, random);
    const event = eventOf(random, time);
    after(event, sink.journal);
    sink.append(event);
  }
}

function change(journal: Journal, lively: readonly Place[], all: readonly Place[], random: Random): void {
  if (random.chance(0.6)) return;
  const changes = random.chance(0.02) ? 12 : random.pick([1, 1, 1, 2, 3]);
  for (let n = 0; n < changes; n++) {
    const pool = random.chance(0.02) ? all : lively;
    if (pool.length === 0) return;
    const { range, widthOfSlot } = random.pick(pool);
    if (random.chance(0.05)) journal.forget(range.slot);
    else if (random.chance(0.8)) {
      // One field; the rest of the slot stays.
      const mask = ((1n << BigInt(range.width)) - 1n) << BigInt(range.lsb);
      const value = (random.chance(0.5) ? 1n : BigInt(random.below(40))) << BigInt(range.lsb);
      journal.write(range.slot, (journal.read(range.slot) & ~mask) | (value & mask));
    } else journal.write(range.slot, wide(random) & ((1n << BigInt(widthOfSlot)) - 1n));
  }
}

function wide(random: Random): bigint {
  if (random.chance(0.4)) return BigInt(random.below(16));
  return (BigInt(random.below(0x1_0000_0000)) << 32n) | BigInt(random.below(0x1_0000_0000));
}

function eventOf(random: Random, time: number): NewEvent {
  const source = random.pick(SOURCES);
  const head = {
    time: nanoseconds(time),
    origin: random.pick(ORIGINS),
    ...(random.chance(0.8) ? { vcpu: vcpuId(random.below(VCPUS)) } : {}),
    ...(source === '' ? {} : { source }),
    ...(random.chance(0.02) ? { detail: { note: random.pick(['late arrival', 'spurious wake']), cpu: random.below(4) } } : {}), // prettier-ignore
  };
  const some = random.pick(INTIDS);
  const level = random.chance(0.5);
  switch (random.below(13)) {
    case 0:
    case 1:
      return {
        ...head,
        kind: 'register.access',
        register: random.pick(REGISTERS),
        op: random.pick(['read', 'write', 'execute']),
        ...(random.chance(0.8) ? { value: wide(random) } : {}),
        ...(random.chance(0.5) ? { pc: wide(random) } : {}),
      };
    case 2:
      return { ...head, kind: 'mmio.access', register: 'IRS_CR0', op: 'write', size: random.pick([4, 8]), value: wide(random), offset: 8n }; // prettier-ignore
    case 3:
      return { ...head, kind: 'irq.line', intid: some, level };
    case 4:
      return random.chance(0.8)
        ? { ...head, kind: 'irq.acknowledge', intid: some }
        : { ...head, kind: 'irq.acknowledge' };
    case 5:
      return { ...head, kind: 'irq.deactivate', intid: some };
    case 6:
      return { ...head, kind: 'irq.configure', intid: some, what: random.pick(['priority', 'enabled', 'mode']), value: BigInt(random.below(40)) }; // prettier-ignore
    case 7:
      return { ...head, kind: 'vcpu.exit', reason: random.pick(['WFx', 'IRQ', 'DABT']), pc: wide(random) };
    case 8:
      return { ...head, kind: 'timer.write', timer: random.pick(['CNTV', 'CNTP']), what: random.pick(['control', 'compare']), value: wide(random) }; // prettier-ignore
    case 9:
      return { ...head, kind: 'kvm.step', step: random.pick(['flush', 'fold', 'load']) };
    case 10:
      return { ...head, kind: 'kvm.trap', what: random.pick(REGISTERS), op: random.pick(['read', 'write']), value: wide(random) }; // prettier-ignore
    case 11:
      return { ...head, kind: 'irq.hppi', unit: 'CPU interface', priority: random.below(32), ...random.pick([{ intid: some }, { reasonNone: 'noCandidate' }, { reasonNone: 'masked', candidate: some }] as const) }; // prettier-ignore
    default:
      return { ...head, kind: 'irq.inject', intid: some, level };
  }
}
