/** Random conditions over the names of the random session (session.ts), as text. */
import { type Random } from './random.ts';

const NAMES = ['ICC_PCR_EL1', 'ICC_PPI_*', 'ICC_PPI_ENABLER0_EL1', '"GIC CDDI"', 'CDIA', 'IRS_CR0', '*'];
const SUBJECTS = ['ppi(27)', 'ppi(30)', 'ppi(3)', 'spi(33)', 'lpi(8)', 'irq(27)', 'ppi(40)'];
const BITS = ['pending', 'active', 'enabled', 'masked'];
const STATES = ['inactive', 'pending', 'active', '"active and pending"', 'disabled', 'masked', 'unknown'];
const PATHS = ['vcpu0.ICC_PCR_EL1', 'ICC_PCR_EL1', 'vcpu1.ICC_PCR_EL1.PRIORITY', 'ICC_PCR_EL1.PRIORITY', 'vm.counter', 'vcpu*.irq.ppi27.pending', 'irq.spi33.*', 'vcpu2.ICH_PPI_PENDR0_EL2', 'vcpu1.irq.ppi27.priority']; // prettier-ignore
const KINDS = ['register.access', 'irq.*', 'vcpu.exit', 'timer.write', 'kvm.*', 'irq.acknowledge'];
const INTERRUPTS = ['27', '33', 'ppi(27)', 'spi(33)', 'lpi 27', '0x2000001b', 'lpi(8)'];
const NUMBERS = ['0', '1', '3', '0x8', '0b101', '17', '0x1_0000_0000', '39', '0xffff_ffff'];

export interface Extent {
  readonly events: number;
  readonly duration: number;
}

export function randomCondition(random: Random, extent: Extent, depth = 3): string {
  if (depth === 0 || random.chance(0.35)) return leaf(random, extent);
  const inner = (): string => `(${randomCondition(random, extent, depth - 1)})`;
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
      return `${inner()} on vcpu ${random.below(3)}`;
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

function leaf(random: Random, { events, duration }: Extent): string {
  const edge = random.pick(['rises', 'falls', 'changes']);
  const subject = random.pick(SUBJECTS);
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
      return `ppi(27).priority ${random.chance(0.3) ? edge : comparison(random)}`;
    case 7:
      return random.pick([`${subject} changes`, `${subject}.state changes`, `${subject}.active == true`]);
    case 8:
    case 9:
      return `${random.pick(PATHS)} ${edge}`;
    case 10:
    case 11:
      return `reg ${random.pick(PATHS)} ${comparison(random)}`;
    case 12:
      return `${random.pick(['read', 'write', 'execute', 'access'])} ${random.pick(NAMES)}`;
    case 13:
      return `${random.pick(['write', 'access'])} ${random.pick(NAMES)} where value & ${random.pick(NUMBERS)}`;
    case 14:
      return `access ICC_PCR_EL1 where PRIORITY ${comparison(random)} and vcpu == ${random.below(3)}`;
    case 15:
      return `kind ${random.pick(['==', '!='])} ${random.pick(KINDS)}`;
    case 16:
      return `intid ${random.pick([`== ${random.pick(INTERRUPTS)}`, `!= ${random.pick(INTERRUPTS)}`, `in {${random.pick(INTERRUPTS)}, ${random.pick(INTERRUPTS)}}`, '== none', '!= none'])}`; // prettier-ignore
    case 17:
      return random.pick([`#${at}..#${Math.min(events, at + random.below(3000))}`, `seq < ${at}`, `time > ${time}ns`, `time in ${time}ns..${time + 900_000}ns`]); // prettier-ignore
    case 18:
      return `vcpu ${random.pick(['== none', '!= none', '== 1', '!= 2', 'in {0, 2}', '< 1'])}`;
    case 19:
      return random.pick(['reason == WFx', 'reason ~ i', 'level == true', 'op != read', 'timer == CNTV', 'what == enabled', 'step in {fold, load}', 'origin == guest', 'origin != unknown', 'register == ICC_*']); // prettier-ignore
    case 20:
      return `${random.pick(['value', 'pc', 'size', 'offset'])} ${comparison(random).replace('unknown', random.pick(['unknown', '3']))}`;
    case 21:
      return random.pick(['cdia', '"GIC "', 'name == gicv5_*', 'name == none', 'name ~ kvm', 'text ~ "late arr"', 'text !~ gic', 'access', 'irq:27', 'vcpu:1 irq:spi33', '-kind:irq.*']); // prettier-ignore
    case 22:
      return `latency ${random.pick(['>', '<=', '!='])} ${random.pick(['0us', '50us', '1ms', '1234ns'])}`;
    default:
      return `latency(${random.pick(['raised, deactivated', 'acknowledged, deactivated', 'pending, acknowledged'])}) >= ${random.pick(['1us', '300us'])}`; // prettier-ignore
  }
}
