/** Lines of a QEMU log with the register plugin, written as a test reads; and their import into memory. */
import { Readable } from 'node:stream';
import { registerByName } from '../../core/gic/registers.ts';
import { importTrace, type ImportOptions, type ImportResult } from '../../core/import/import.ts';
import { MemorySink } from './memory-sink.ts';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

function access(op: 'read' | 'write', cpu: number, name: string, value: number | bigint): string {
  const encoding = (registerByName(name, 'v5') ?? registerByName(name))?.encoding;
  if (encoding === undefined) throw new RangeError(`no register ${name}`);
  const printed = name.replace(' ', '_');
  return `gicplug_sysreg_${op} cpu ${cpu} ${printed} (${encoding.join(',')}) value ${hex(value)} pc 0xffff0000`;
}

export const write = (cpu: number, name: string, value: number | bigint): string => access('write', cpu, name, value);
export const read = (cpu: number, name: string, value: number | bigint): string => access('read', cpu, name, value);
export const taken = (cpu: number): string => `gicplug_irq_taken cpu ${cpu} from 0x1000 to 0x2000`;
export const wfi = (cpu: number): string => `gicplug_wfi cpu ${cpu} pc 0x3000`;

export const PPI27 = 0x2000_001b;
export const LPI8 = 0x4000_0008;
export const SPI5 = 0x6000_0005;
/** What GICR CDIA reads for an identifier. */
export const valid = (identifier: number): bigint => 0x1_0000_0000n | BigInt(identifier);

export const acknowledge = (identifier: number): string =>
  `gicv5_gicr_cdia domain 1 CDIA acknowledge of interrupt ${hex(identifier)}`;
export const drop = (): string => 'gicv5_cdeoi domain 1 CDEOI performing priority drop';
export const deactivate = (identifier: number): string =>
  `gicv5_cddi domain 1 CDDI deactivating interrupt ID ${hex(identifier)}`;
export const signal = (irq: 0 | 1): string => `gicv5_update_irq_fiq now IRQ ${irq} FIQ 0 NMI 0`;
export const input = (ppi: number, level: 0 | 1): string =>
  `gicv5_update_ppi_state PPI ${ppi} source level now ${level}`;
/** The four lines of a candidate computation, and the signals after it. */
export const candidate = (identifier: number, priority = identifier === 0 ? 255 : 31): string[] => [
  'gicv5_recalc_ppi_hppi domain 0 new PPI HPPI id 0x0 prio 255',
  `gicv5_recalc_ppi_hppi domain 1 new PPI HPPI id ${hex(identifier)} prio ${priority}`,
  'gicv5_recalc_ppi_hppi domain 2 new PPI HPPI id 0x0 prio 255',
  'gicv5_recalc_ppi_hppi domain 3 new PPI HPPI id 0x0 prio 255',
];
export const offer = (pe: number, identifier: number, priority = identifier === 0 ? 255 : 31): string =>
  `gicv5_irs_recalc_hppi GICv5 IRS NonSecure IAFFID ${pe}: new HPPI ID ${hex(identifier)} prio ${priority}`;
export const machine = (cpus: number): string =>
  `gicv5_common_realize GICv5 IRS realized: IRS ID 0, ${cpus} CPUs, SPI base 0, SPI IRS range 256, SPI range 256`;
/** A command of the IRS: `irs('SetPriority', 'LPI', 8, 'prio 31')`. */
export const irs = (command: string, type: string, id: number, argument = ''): string =>
  `${EVENTS[command] ?? command} GICv5 IRS ${command} NonSecure ${type} virtual:0 ID ${id}${argument === '' ? '' : ` ${argument}`}`;

const EVENTS: Readonly<Record<string, string>> = {
  SetPriority: 'gicv5_set_priority',
  SetEnabled: 'gicv5_set_enabled',
  SetPending: 'gicv5_set_pending',
  SetHandling: 'gicv5_set_handling',
  SetTarget: 'gicv5_set_target',
  RequestConfig: 'gicv5_request_config',
  Activate: 'gicv5_activate',
  Deactivate: 'gicv5_deactivate',
};

export const timer = {
  control: (value: number): string => `arm_gt_ctl_write gt_ctl_write: timer 1 value ${hex(value)}`,
  compare: (value: number): string => `arm_gt_cval_write gt_cval_write: timer 1 value ${hex(value)}`,
  toggle: (): string => 'arm_gt_imask_toggle gt_ctl_write: timer 1 IMASK toggle',
  deadline: (tick: number): string => `arm_gt_recalc gt recalc: timer 1 next tick ${hex(tick)}`,
  never: (): string => 'arm_gt_recalc gt recalc: timer 1 next tick 0xffffffffffffffff',
  output: (level: 0 | 1): string => `arm_gt_update_irq gt_update_irq: timer 1 irqstate ${level}`,
};

export interface Imported {
  readonly sink: MemorySink;
  readonly result: ImportResult;
  /** vCPU of the event of the n-th line (1-based): a number, `undefined` when nothing proves one. */
  vcpu(line: number): number | undefined;
}

/** Imports lines as a file, named `test.log` unless said otherwise. */
export async function importLines(
  lines: readonly (string | readonly string[])[],
  options: ImportOptions = {},
  name = 'test.log',
): Promise<Imported> {
  const text = `${lines.flat().join('\n')}\n`;
  const sink = new MemorySink();
  const stream = Readable.from([Buffer.from(text)]);
  const result = await importTrace({ name, stream }, sink, options);
  const vcpu = (line: number): number | undefined => {
    const found = sink.events.find((event) => event.line === line);
    if (found === undefined) throw new RangeError(`no event of line ${line}: ${sink.raw[line - 1] ?? ''}`);
    return found.vcpu;
  };
  return { sink, result, vcpu };
}
