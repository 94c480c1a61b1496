/** Random conditions over the names of the random session (session.ts), as text. */
import { splitIntid } from '../../../../core/gic/intid.ts';
import { type NameSpace } from '../../../../core/debug/condition/index.ts';
import { type Random } from './random.ts';

/** Names that random conditions are made of, as they are written in a condition. */
export interface Pool {
  readonly registers: readonly string[];
  /** `ppi(27)` … */
  readonly subjects: readonly string[];
  readonly paths: readonly string[];
  readonly kinds: readonly string[];
  /** Interrupts as values. */
  readonly interrupts: readonly string[];
  /** Tests of events, ready made. */
  readonly tests: readonly string[];
  readonly vcpus: number;
}

/** The names of the random session (session.ts). */
export const SESSION_POOL: Pool = {
  registers: ['ICC_PCR_EL1', 'ICC_PPI_*', 'ICC_PPI_ENABLER0_EL1', '"GIC CDDI"', 'CDIA', 'IRS_CR0', '*'],
  subjects: ['ppi(27)', 'ppi(30)', 'ppi(3)', 'spi(33)', 'lpi(8)', 'irq(27)', 'ppi(40)'],
  paths: ['vcpu0.ICC_PCR_EL1', 'ICC_PCR_EL1', 'vcpu1.ICC_PCR_EL1.PRIORITY', 'ICC_PCR_EL1.PRIORITY', 'vm.counter', 'vcpu*.irq.ppi27.pending', 'irq.spi33.*', 'vcpu2.ICH_PPI_PENDR0_EL2', 'vcpu1.irq.ppi27.priority'], // prettier-ignore
  kinds: ['register.access', 'irq.*', 'vcpu.exit', 'timer.write', 'kvm.*', 'irq.acknowledge'],
  interrupts: ['27', '33', 'ppi(27)', 'spi(33)', 'lpi 27', '0x2000001b', 'lpi(8)'],
  tests: ['reason == WFx', 'reason ~ i', 'level == true', 'op != read', 'timer == CNTV', 'what == enabled', 'step in {fold, load}', 'reasonNone == masked', 'reasonNone != masked', 'reasonNone == none', 'reasonNone !~ no', 'candidate == ppi(27)', 'candidate == none', 'origin == guest', 'origin != unknown', 'register == ICC_*', 'cdia', '"GIC "', 'name == gicv5_*', 'name == none', 'name ~ kvm', 'text ~ "late arr"', 'text !~ gic', 'access', 'irq:27', 'vcpu:1 irq:spi33', '-kind:irq.*'], // prettier-ignore
  vcpus: 3,
};

/** The names of any trace: some of each sort, chosen by `random`. */
export function poolOf(names: NameSpace, random: Random): Pool {
  const some = <T>(list: readonly T[], most: number): T[] => Array.from({ length: Math.min(most, list.length) }, () => random.pick(list)); // prettier-ignore
  const interrupts = names.interrupts.flatMap(({ intid }) => {
    const parts = splitIntid(intid);
    return parts === undefined ? [] : [`${parts.type}(${parts.number})`];
  });
  const events = some(names.eventNames, 8);
  return {
    registers: ['ICC_*', ...some(names.registers, 12).map((name) => `"${name}"`)],
    subjects: some(interrupts, 12),
    paths: some(names.slots, 16).map(({ path }) => (random.chance(0.3) ? path.replace(/^vcpu\d+\./, '') : path)),
    kinds: ['irq.*', ...some(names.kinds, 8)],
    interrupts: ['27', ...some(interrupts, 8)],
    tests: [...events.map((name) => `name == ${name}`), 'cdia', 'level == true', 'op == read', 'origin == guest', 'timer == CNTV', 'text ~ "ppi"', 'irq:27'], // prettier-ignore
    vcpus: names.vcpus,
  };
}

const BITS = ['pending', 'active', 'enabled', 'masked'];
const STATES = ['inactive', 'pending', 'active', '"active and pending"', 'disabled', 'masked', 'unknown'];
const NUMBERS = ['0', '1', '3', '0x8', '0b101', '17', '0x1_0000_0000', '39', '0xffff_ffff'];

export interface Extent {
  readonly events: number;
  readonly duration: number;
}

export function randomCondition(random: Random, extent: Extent, pool: Pool = SESSION_POOL, depth = 3): string {
  if (depth === 0 || random.chance(0.35)) return leaf(random, extent, pool);
  const inner = (): string => `(${randomCondition(random, extent, pool, depth - 1)})`;
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return `${inner()} and ${inner()}`;
    case 3:
    case 4:
      return `${inner()} or ${inner()}`;
    case 5:
      return `not ${inner()}`;
    case 6:
      return `${inner()} if ${inner()}`;
    default:
      return `${inner()} on vcpu ${random.below(pool.vcpus)}`;
  }
}

function comparison(random: Random): string {
  switch (random.below(5)) {
    case 0:
      return `in {${random.pick(NUMBERS)}, ${random.pick(NUMBERS)}}`;
    case 1:
      return `in ${random.below(20)}..${20 + random.below(30)}`;
    case 2:
      return random.pick(['== unknown', '!= unknown']);
    default:
      return `${random.pick(['==', '!=', '<', '<=', '>', '>='])} ${random.pick(NUMBERS)}`;
  }
}

function leaf(random: Random, { events, duration }: Extent, pool: Pool): string {
  const edge = random.pick(['rises', 'falls', 'changes']);
  const subject = random.pick(pool.subjects);
  const at = random.below(events);
  const time = random.below(Math.max(1, duration));
  switch (random.below(24)) {
    case 0:
    case 1:
    case 2:
      return `${subject}.${random.pick(BITS)} ${edge}`;
    case 3:
      return `${subject}.${random.pick(BITS)}`;
    case 4:
      return `${subject}.state ${random.pick(['==', '!='])} ${random.pick(STATES)}`;
    case 5:
      return `${subject}.state in {${random.pick(STATES)}, ${random.pick(STATES)}}`;
    case 6:
      return `${subject}.priority ${random.chance(0.3) ? edge : comparison(random)}`;
    case 7:
      return random.pick([`${subject} changes`, `${subject}.state changes`, `${subject}.active == true`]);
    case 8:
    case 9:
      return `${random.pick(pool.paths)} ${edge}`;
    case 10:
    case 11:
      return `reg ${random.pick(pool.paths)} ${comparison(random)}`;
    case 12:
      return `${random.pick(['read', 'write', 'execute', 'access'])} ${random.pick(pool.registers)}`;
    case 13:
      return `${random.pick(['write', 'access'])} ${random.pick(pool.registers)} where value & ${random.pick(NUMBERS)}`;
    case 14:
      return `access ICC_PCR_EL1 where PRIORITY ${comparison(random)} and vcpu == ${random.below(pool.vcpus)}`;
    case 15:
      return `kind ${random.pick(['==', '!='])} ${random.pick(pool.kinds)}`;
    case 16:
      return `intid ${random.pick([`== ${random.pick(pool.interrupts)}`, `!= ${random.pick(pool.interrupts)}`, `in {${random.pick(pool.interrupts)}, ${random.pick(pool.interrupts)}}`, '== none', '!= none'])}`; // prettier-ignore
    case 17:
      return random.pick([`#${at}..#${Math.min(events, at + random.below(3000))}`, `seq < ${at}`, `time > ${time}ns`, `time in ${time}ns..${time + 900_000}ns`]); // prettier-ignore
    case 18:
      return `vcpu ${random.pick(['== none', '!= none', '== 1', '!= 2', 'in {0, 2}', '< 1'])}`;
    case 19:
      return random.pick(pool.tests);
    case 20:
      return `${random.pick(['value', 'pc', 'size', 'offset'])} ${comparison(random).replace('unknown', random.pick(['unknown', '3']))}`;
    case 21:
      return random.pick(pool.tests);
    case 22:
      return `latency ${random.pick(['>', '<=', '!='])} ${random.pick(['0us', '50us', '1ms', '1234ns'])}`;
    default:
      return `latency(${random.pick(['raised, deactivated', 'acknowledged, deactivated', 'pending, acknowledged'])}) >= ${random.pick(['1us', '300us'])}`; // prettier-ignore
  }
}
