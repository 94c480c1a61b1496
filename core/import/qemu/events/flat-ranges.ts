/** Ranges of GICv3 and GICv2 lines; the numbers are flat INTIDs (gicv3-behaviour §2). */
import { type Gicv2Event } from './gicv2.ts';
import { type Gicv3CpuEvent, type Gicv3FrameEvent } from './gicv3.ts';
import { type Gicv3ItsEvent } from './gicv3-its.ts';
import { type Accepts } from './row.ts';

export type FlatEvent = Gicv2Event | Gicv3CpuEvent | Gicv3FrameEvent | Gicv3ItsEvent;

const SIZES: ReadonlySet<number> = new Set([1, 2, 4, 8]);
/** Two pages of 64 KiB, or four: a GICv4's redistributor. */
const FRAME = 0x2_0000;
const REDISTRIBUTOR = 0x4_0000;
const NUMBERS = 1 << 24;
const GICV2_CPUS = 8;

const isFrame = ({ wLo, wHi }: { readonly wLo: number; readonly wHi: number }): boolean => wHi === 0 && wLo < FRAME;
const sized: Accepts = (line) => isFrame(line) && SIZES.has(line.a);
const redistributor: Accepts = ({ wHi, wLo, b }) => wHi === 0 && wLo < REDISTRIBUTOR && SIZES.has(b);
const group: Accepts = ({ b }) => b === 0 || b === 1;
const activePriority: Accepts = (line) => group(line) && line.c >= 0 && line.c <= 3;
const listRegister: Accepts = ({ b }) => b >= 0 && b <= 15;
const cpu: Accepts = ({ a }) => a >= 0 && a < GICV2_CPUS;
const spi: Accepts = ({ a }) => a >= 32 && a < 1020;

export const FLAT_RANGES: Readonly<Partial<Record<FlatEvent, Accepts>>> = {
  gicv3_icc_bpr_read: group,
  gicv3_icc_bpr_write: group,
  gicv3_icc_ap_read: activePriority,
  gicv3_icc_ap_write: activePriority,
  gicv3_icc_igrpen_read: group,
  gicv3_icc_igrpen_write: group,
  gicv3_icc_eoir_write: group,
  gicv3_ich_ap_read: activePriority,
  gicv3_ich_ap_write: activePriority,
  gicv3_ich_lr_read: listRegister,
  gicv3_ich_lr_write: listRegister,
  gicv3_ich_lr32_read: listRegister,
  gicv3_ich_lr32_write: listRegister,
  gicv3_ich_lrc_read: listRegister,
  gicv3_ich_lrc_write: listRegister,
  gicv3_icv_ap_read: activePriority,
  gicv3_icv_ap_write: activePriority,
  gicv3_icv_bpr_read: group,
  gicv3_icv_bpr_write: group,
  gicv3_icv_igrpen_read: group,
  gicv3_icv_igrpen_write: group,
  gicv3_icv_hppir_read: group,
  gicv3_icv_iar_read: group,
  gicv3_icv_eoir_write: group,
  gicv3_cpuif_update: ({ b, c, d }) => b >= 0 && b < NUMBERS && c >= 0 && c <= 2 && d >= 0 && d <= 255,
  gicv3_icc_generate_sgi: ({ b, e }) => b >= 0 && b <= 15 && e <= 0xffff,
  gicv3_dist_read: sized,
  gicv3_dist_write: sized,
  gicv3_dist_badread: sized,
  gicv3_dist_badwrite: sized,
  gicv3_dist_set_irq: spi,
  gicv3_redist_read: redistributor,
  gicv3_redist_write: redistributor,
  gicv3_redist_badread: redistributor,
  gicv3_redist_badwrite: redistributor,
  gicv3_redist_set_irq: ({ b }) => b >= 16 && b <= 31,
  gicv3_redist_send_sgi: ({ b }) => b >= 0 && b <= 15,
  gicv3_its_read: sized,
  gicv3_its_write: sized,
  gicv3_its_badread: sized,
  gicv3_its_badwrite: sized,
  gicv3_its_translation_write: sized,
  gic_enable_irq: ({ a }) => a >= 0 && a < 1020,
  gic_disable_irq: ({ a }) => a >= 0 && a < 1020,
  gic_set_irq: ({ a }) => a >= 16 && a < 1020,
  gic_update_bestirq: ({ a, b, c }) => a >= 0 && a < GICV2_CPUS && b >= 0 && b <= 1023 && c >= 0 && c <= 256,
  gic_update_set_irq: cpu,
  gic_acknowledge_irq: ({ a, b }) => a >= 0 && a < GICV2_CPUS && b >= 0 && b <= 1023,
  gic_cpu_write: (line) => cpu(line) && isFrame(line),
  gic_cpu_read: (line) => cpu(line) && isFrame(line),
  gic_hyp_read: isFrame,
  gic_hyp_write: isFrame,
  gic_dist_read: sized,
  gic_dist_write: sized,
  gic_lr_entry: (line) => cpu(line) && line.b >= 0 && line.b <= 63,
  gic_update_maintenance_irq: cpu,
};
