/**
 * What KVM's debugfs file `vgic-state` would show of an emulated GICv3 or GICv2 VM at a moment, in its own layout
 * (kvm-vgic-v3 §17), so that it can be compared with a dump of a real host by `diff`. From the words that KVM keeps of
 * each interrupt (core/kvm/vgic/irq-words.ts): what waits in a list register of a running vCPU has no latch here, as
 * there. Pure. Cost: linear in the interrupts.
 */
import { FIRST_PPI, FIRST_SPI } from '../kvm/vgic/irq.ts';
import { NONE, readIrq } from '../kvm/vgic/irq-words.ts';
import { type StateVector } from '../state/state-vector.ts';
import { SessionError } from './failure.ts';
import { type Inspectable } from './inspectable.ts';
import { type ValueAt, valuesByPath } from './slots.ts';

/** Beyond it the file says LPI, also of an SPI. */
const LAST_CALLED_SPI = 1018;
const LPI = /^vm\.vgic\.irq\.(lpi(\d+))\.state$/;
const COLUMNS = 'TYP   ID TGT_ID PLAEHCG     HWID   TARGET SRC PRI VCPU_ID';
const LEGEND = ['P=pending_latch, L=line_level, A=active', 'E=enabled, H=hw, C=config (level=1, edge=0)', 'G=group'];

/** @throws SessionError where the trace knows no memory of a vGICv3 or vGICv2. */
export function vgicState({ layout, gic }: Inspectable, state: StateVector): string {
  const valueAt = valuesByPath({ layout }, state);
  if (valueAt('vm.vgic.nrSpis') === undefined || gic === 'v5')
    throw new SessionError({
      code: 'usage',
      message:
        'This trace does not hold what KVM keeps of its interrupts, so there is no vgic-state to show. Record a ' +
        'scenario with vm.device vgicv3 or vgicv2.',
    });
  const number = (path: string): number => Number(valueAt(path) ?? 0n);
  const spis = number('vm.vgic.nrSpis');
  const lpis = layout.slots.flatMap(({ path }) => lpiAt(path, valueAt)).toSorted((a, b) => a - b);
  const lines = [
    'Distributor',
    '===========',
    `vgic_model:\t${gic === 'v2' ? 'GICv2' : 'GICv3'}`,
    `nr_spis:\t${spis}`,
    ...(gic === 'v2' ? [] : [`nr_lpis:\t${lpis.length}`]),
    `enabled:\t${number('vm.vgic.enabled')}`,
    '',
    ...LEGEND,
  ];
  if (number('vm.initialized') !== 0) {
    const row = (path: string, intid: number): string =>
      rowOf(intid, valueAt(`${path}.state`), valueAt(`${path}.place`));
    const isKnown = (vcpu: number): boolean => layout.find(`vcpu${vcpu}.vgic.irq.sgi0.state`) !== undefined;
    for (let vcpu = 0; vcpu < number('vm.online') && isKnown(vcpu); vcpu++) {
      lines.push(...headOf('VCPU', vcpu));
      for (let intid = 0; intid < FIRST_SPI; intid++)
        lines.push(row(`vcpu${vcpu}.vgic.irq.${intid < FIRST_PPI ? 'sgi' : 'ppi'}${intid}`, intid));
    }
    if (spis > 0) lines.push(...headOf('SPI ', 0));
    for (let intid = FIRST_SPI; intid < FIRST_SPI + spis; intid++) lines.push(row(`vm.vgic.irq.spi${intid}`, intid));
    for (const intid of lpis) lines.push(row(`vm.vgic.irq.lpi${intid}`, intid));
  }
  return `${lines.join('\n')}\n`;
}

/** The INTID behind the slot of an LPI that exists at that moment. */
function lpiAt(path: string, valueAt: ValueAt): readonly number[] {
  const [, name, intid] = LPI.exec(path) ?? [];
  if (name === undefined) return [];
  const { holder } = readIrq(0n, valueAt(`vm.vgic.irq.${name}.place`) ?? 0n);
  return holder !== NONE || (valueAt(`vm.vgic.irq.${name}.mappings`) ?? 0n) !== 0n ? [Number(intid)] : [];
}

const headOf = (whose: string, index: number): readonly string[] => [
  '',
  `${whose}${String(index).padStart(2)} ${COLUMNS}`,
  '-'.repeat(64),
];

function rowOf(intid: number, state = 0n, place = 0n): string {
  const irq = readIrq(state, place);
  const flags = [irq.latch, irq.line, irq.active, irq.enabled, irq.hw, irq.isLevel, irq.group === 1];
  const cells = [
    typeOf(intid),
    String(intid).padStart(4),
    `    ${String(irq.target).padStart(2)}`,
    flags.map(Number).join(''),
    String(irq.hwIntid).padStart(8),
    irq.routing.toString(16).padStart(8),
    ` ${irq.source.toString(16).padStart(2)}`,
    String(irq.priority).padStart(3),
    `     ${String(irq.holder).padStart(2)} `,
  ];
  return `       ${cells.join(' ')}`;
}

function typeOf(intid: number): string {
  if (intid < FIRST_PPI) return 'SGI';
  if (intid < FIRST_SPI) return 'PPI';
  return intid <= LAST_CALLED_SPI ? 'SPI' : 'LPI';
}
