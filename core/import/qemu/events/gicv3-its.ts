/** GICv3 ITS events of the emulator: accesses, commands, tables (trace-import-formats §6.5). Field use: v and w addresses. */
export const GICV3_ITS_ROWS = [
  ['gicv3_its_read', 'GICv3 ITS read: offset 0x{w} data 0x{v} size {a:u}'],
  ['gicv3_its_badread', 'GICv3 ITS read: offset 0x{w} size {a:u}: error'],
  ['gicv3_its_write', 'GICv3 ITS write: offset 0x{w} data 0x{v} size {a:u}'],
  ['gicv3_its_badwrite', 'GICv3 ITS write: offset 0x{w} data 0x{v} size {a:u}: error'],
  [
    'gicv3_its_translation_write',
    'GICv3 ITS TRANSLATER write: offset 0x{w} data 0x{v} size {a:u} requester_id 0x{b:x}',
  ],
  ['gicv3_its_process_command', 'GICv3 ITS: processing command at offset 0x{a:x}: 0x{b:x}'],
  ['gicv3_its_cmd_int', 'GICv3 ITS: command INT DeviceID 0x{a:x} EventID 0x{b:x}'],
  ['gicv3_its_cmd_clear', 'GICv3 ITS: command CLEAR DeviceID 0x{a:x} EventID 0x{b:x}'],
  ['gicv3_its_cmd_discard', 'GICv3 ITS: command DISCARD DeviceID 0x{a:x} EventID 0x{b:x}'],
  ['gicv3_its_cmd_sync', 'GICv3 ITS: command SYNC'],
  ['gicv3_its_cmd_mapd', 'GICv3 ITS: command MAPD DeviceID 0x{a:x} Size 0x{b:x} ITT_addr 0x{v} V {c:d}'],
  ['gicv3_its_cmd_mapc', 'GICv3 ITS: command MAPC ICID 0x{a:x} RDbase 0x{v} V {b:d}'],
  ['gicv3_its_cmd_mapi', 'GICv3 ITS: command MAPI DeviceID 0x{a:x} EventID 0x{b:x} ICID 0x{c:x}'],
  ['gicv3_its_cmd_mapti', 'GICv3 ITS: command MAPTI DeviceID 0x{a:x} EventID 0x{b:x} ICID 0x{c:x} pINTID 0x{d:x}'],
  ['gicv3_its_cmd_inv', 'GICv3 ITS: command INV DeviceID 0x{a:x} EventID 0x{b:x}'],
  ['gicv3_its_cmd_invall', 'GICv3 ITS: command INVALL'],
  ['gicv3_its_cmd_movall', 'GICv3 ITS: command MOVALL RDbase1 0x{v} RDbase2 0x{w}'],
  ['gicv3_its_cmd_movi', 'GICv3 ITS: command MOVI DeviceID 0x{a:x} EventID 0x{b:x} ICID 0x{c:x}'],
  [
    'gicv3_its_cmd_vmapi',
    'GICv3 ITS: command VMAPI DeviceID 0x{a:x} EventID 0x{b:x} vPEID 0x{c:x} Dbell_pINTID 0x{d:x}',
  ],
  [
    'gicv3_its_cmd_vmapti',
    'GICv3 ITS: command VMAPI DeviceID 0x{a:x} EventID 0x{b:x} vPEID 0x{c:x} vINTID 0x{d:x} Dbell_pINTID 0x{e:x}',
  ],
  [
    'gicv3_its_cmd_vmapp',
    'GICv3 ITS: command VMAPP vPEID 0x{a:x} RDbase 0x{v} V {b:d} VPT_addr 0x{w} VPT_size 0x{c:x}',
  ],
  ['gicv3_its_cmd_vmovp', 'GICv3 ITS: command VMOVP vPEID 0x{a:x} RDbase 0x{v}'],
  ['gicv3_its_cmd_vsync', 'GICv3 ITS: command VSYNC'],
  [
    'gicv3_its_cmd_vmovi',
    'GICv3 ITS: command VMOVI DeviceID 0x{a:x} EventID 0x{b:x} vPEID 0x{c:x} D {d:d} Dbell_pINTID 0x{e:x}',
  ],
  ['gicv3_its_cmd_vinvall', 'GICv3 ITS: command VINVALL vPEID 0x{a:x}'],
  ['gicv3_its_cmd_unknown', 'GICv3 ITS: unknown command 0x{a:x}'],
  ['gicv3_its_cte_read', 'GICv3 ITS: Collection Table read for ICID 0x{a:x}: valid {b:d} RDBase 0x{c:x}'],
  ['gicv3_its_cte_write', 'GICv3 ITS: Collection Table write for ICID 0x{a:x}: valid {b:d} RDBase 0x{c:x}'],
  ['gicv3_its_cte_read_fault', 'GICv3 ITS: Collection Table read for ICID 0x{a:x}: faulted'],
  [
    'gicv3_its_ite_read',
    'GICv3 ITS: Interrupt Table read for ITTaddr 0x{v} EventID 0x{a:x}: valid {b:d} inttype {c:d} intid 0x{d:x} ICID 0x{e:x} vPEID 0x{f:x} doorbell 0x{w}',
  ],
  ['gicv3_its_ite_read_fault', 'GICv3 ITS: Interrupt Table read for ITTaddr 0x{v} EventID 0x{a:x}: faulted'],
  [
    'gicv3_its_ite_write',
    'GICv3 ITS: Interrupt Table write for ITTaddr 0x{v} EventID 0x{a:x}: valid {b:d} inttype {c:d} intid 0x{d:x} ICID 0x{e:x} vPEID 0x{f:x} doorbell 0x{w}',
  ],
  ['gicv3_its_dte_read', 'GICv3 ITS: Device Table read for DeviceID 0x{a:x}: valid {b:d} size 0x{c:x} ITTaddr 0x{v}'],
  ['gicv3_its_dte_write', 'GICv3 ITS: Device Table write for DeviceID 0x{a:x}: valid {b:d} size 0x{c:x} ITTaddr 0x{v}'],
  ['gicv3_its_dte_read_fault', 'GICv3 ITS: Device Table read for DeviceID 0x{a:x}: faulted'],
  [
    'gicv3_its_vte_read',
    'GICv3 ITS: vPE Table read for vPEID 0x{a:x}: valid {b:d} VPTsize 0x{c:x} VPTaddr 0x{v} RDbase 0x{d:x}',
  ],
  ['gicv3_its_vte_read_fault', 'GICv3 ITS: vPE Table read for vPEID 0x{a:x}: faulted'],
  [
    'gicv3_its_vte_write',
    'GICv3 ITS: vPE Table write for vPEID 0x{a:x}: valid {b:d} VPTsize 0x{c:x} VPTaddr 0x{v} RDbase 0x{d:x}',
  ],
] as const;

export type Gicv3ItsEvent = (typeof GICV3_ITS_ROWS)[number][0];
