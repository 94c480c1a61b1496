/**
 * GICv5 events of the emulator: CPU interface and IRS (trace-import-formats §6.5). Identifiers that the CPU interface
 * prints carry their type; the IRS prints type and number apart. Field use: a domain or number, b identifier.
 */
const CONFIG = 'GICv5 IRS';
const INTERRUPT = '{s} {t} virtual:{a:d} ID {b:u}';

export const GICV5_ROWS = [
  ['gicv5_gicr_cdia', 'domain {a:d} CDIA acknowledge of interrupt 0x{b:x}'],
  ['gicv5_gicr_cdia_fail', 'domain {a:d} CDIA attempt failed: {s}'],
  ['gicv5_cdeoi', 'domain {a:d} CDEOI performing priority drop'],
  ['gicv5_cddi', 'domain {a:d} CDDI deactivating interrupt ID 0x{b:x}'],
  ['gicv5_recalc_ppi_hppi', 'domain {a:d} new PPI HPPI id 0x{b:x} prio {c:u}'],
  ['gicv5_update_irq_fiq', 'now IRQ {a:d} FIQ {b:d} NMI {c:d}'],
  ['gicv5_update_ppi_state', 'PPI {a:d} source level now {b:d}'],
  ['gicv5_irs_recalc_hppi', `${CONFIG} {s} IAFFID {a:u}: new HPPI ID 0x{b:x} prio {c:u}`],
  ['gicv5_irs_recalc_hppi_fail', `${CONFIG} {s} IAFFID {a:u}: no HPPI: {t}`],
  ['gicv5_spi', 'GICv5 SPI ID {a:u} asserted at level {b:d}'],
  ['gicv5_spi_state', `${CONFIG} SPI ID {a:u} now level {b:d} pending {c:d} active {d:d}`],
  ['gicv5_activate', `${CONFIG} Activate ${INTERRUPT}`],
  ['gicv5_deactivate', `${CONFIG} Deactivate ${INTERRUPT}`],
  ['gicv5_set_priority', `${CONFIG} SetPriority ${INTERRUPT} prio {c:u}`],
  ['gicv5_set_enabled', `${CONFIG} SetEnabled ${INTERRUPT} enabled {c:d}`],
  ['gicv5_set_pending', `${CONFIG} SetPending ${INTERRUPT} pending {c:d}`],
  ['gicv5_set_handling', `${CONFIG} SetHandling ${INTERRUPT} handling {c:d}`],
  ['gicv5_set_target', `${CONFIG} SetTarget ${INTERRUPT} IAFFID {c:u} routingmode {d:d}`],
  ['gicv5_request_config', `${CONFIG} RequestConfig ${INTERRUPT} ICSR 0x{v}`],
  ['gicv5_read', `${CONFIG} {s} config frame read: offset 0x{w} data 0x{v} size {a:u}`],
  ['gicv5_write', `${CONFIG} {s} config frame write: offset 0x{w} data 0x{v} size {a:u}`],
  ['gicv5_badread', `${CONFIG} {s} config frame read: offset 0x{w} size {a:u}: error`],
  ['gicv5_badwrite', `${CONFIG} {s} config frame write: offset 0x{w} data 0x{v} size {a:u}: error`],
  [
    'gicv5_ist_valid',
    `${CONFIG} {s} IST now valid: base 0x{v} id_bits {a:u} l2_idx_bits {b:u} IST entry size {c:u} 2-level {d:d}`,
  ],
  ['gicv5_ist_invalid', `${CONFIG} {s} IST no longer valid`],
  [
    'gicv5_common_realize',
    `${CONFIG} realized: IRS ID {a:u}, {b:u} CPUs, SPI base {c:u}, SPI IRS range {d:u}, SPI range {e:u}`,
  ],
] as const;

export type Gicv5Event = (typeof GICV5_ROWS)[number][0];
