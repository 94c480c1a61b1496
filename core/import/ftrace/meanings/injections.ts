/** Interrupts that reach the VM, and their ends that KVM is told of (trace-import-formats §2.2). */
import { type Intid, type InterruptType } from '../../../gic/intid.ts';
import { intidOf } from '../../../trace/interrupts.ts';
import { FIRST_TYPED, isPrivate, printedInterrupt } from '../interrupt-number.ts';
import { type FtraceRecord } from '../record.ts';
import { type Scene } from '../scene.ts';
import { type Meaning, type MeaningRows, other, step } from './meaning.ts';

function inject(record: FtraceRecord, scene: Scene, number: number, id: number | undefined, cause: string): void {
  scene.sees(number);
  const intid = printedInterrupt(number);
  injectAs(record, scene, { number, intid, id, cause });
}

interface Injected {
  /** As printed. */
  readonly number: number;
  readonly intid: Intid | undefined;
  /** vCPU that the event names. */
  readonly id: number | undefined;
  readonly cause: string;
}

function injectAs(record: FtraceRecord, scene: Scene, { number, intid, id, cause }: Injected): void {
  const level = record.int('level') === 1;
  if (intid === undefined) return other(record, scene, -1, BigInt.asUintN(64, BigInt(number)));
  const vcpu = isPrivate(intid) ? scene.namedVcpu(record, id, false) : -1;
  scene.setLine(intid, vcpu, level);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'irq.inject', intid, level, cause });
}

const updatePending: Meaning = (record, scene) => {
  const number = record.int('irq');
  if (number === undefined) return other(record, scene, -1);
  scene.gsis.injects(record, number, record.int('level'));
  inject(record, scene, number, record.int('vcpu_id'), 'vgic_update_irq_pending');
};

const setGsi = step('set GSI', 'level', 'gsi');
const setIrq: Meaning = (record, scene) => {
  const gsi = record.int('gsi');
  const number = gsi === undefined ? undefined : scene.gsis.sets(record, gsi, record.int('level'));
  if (number === undefined) setGsi(record, scene);
  else inject(record, scene, number, undefined, 'kvm_set_irq');
};

/** Type 0 is the IRQ or FIQ input of a CPU, not an interrupt. */
const LINE_CPU = 0;
/** The type that the event names, and how many of it there are; a GICv5's SPIs and PPIs both begin at 0. */
const LINE_TYPES: ReadonlyMap<number, readonly [type: InterruptType, count: number]> = new Map([
  [1, ['spi', 1020]],
  [2, ['ppi', 128]],
]);
const irqLine: Meaning = (record, scene) => {
  const number = record.int('irq_num');
  const kind = record.int('type');
  if (number === undefined || kind === undefined || kind === LINE_CPU) return other(record, scene, -1);
  const [type, count] = LINE_TYPES.get(kind) ?? ['spi', 0];
  const intid = number >= 0 && number < count ? intidOf({ type, number }) : printedInterrupt(number);
  injectAs(record, scene, { number, intid, id: record.int('vcpu_idx'), cause: 'KVM_IRQ_LINE' });
};

/** The interrupt of pin 0. */
const FIRST_SPI = 32;
const FIRST_V5_SPI = 3 * FIRST_TYPED;
const ackIrq: Meaning = (record, scene) => {
  const pin = record.int('pin');
  const first = scene.gic === 'v5' ? FIRST_V5_SPI : FIRST_SPI;
  const intid = pin === undefined ? undefined : printedInterrupt(first + pin);
  const vcpu = scene.maybeOwnVcpu(record);
  if (intid === undefined) return other(record, scene, vcpu);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'irq.deactivate', intid });
};

export const INJECTIONS: MeaningRows = [
  ['vgic_update_irq_pending', updatePending],
  ['kvm_irq_line', irqLine],
  ['kvm_set_irq', setIrq],
  ['kvm_ack_irq', ackIrq],
];
