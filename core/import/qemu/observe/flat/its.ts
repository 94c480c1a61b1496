/**
 * ITS of a GICv3 (gicv3-behaviour §11): accesses, commands, and its tables, whose lines say which interrupt a message or
 * command is about. Commands and tables are events with their operands; a message makes an LPI pending.
 */
import { type Gicv3ItsEvent } from '../../events/gicv3-its.ts';
import { type TraceLine, u64 } from '../../trace-line.ts';
import { type Meaning } from '../scene.ts';
import { itsAccess } from './frames.ts';
import { type ItsPurpose } from './its-translation.ts';
import { flatInterrupt } from './state.ts';

/** Where an operand stands in the line: a number's field, or `v` or `w` for 64 bits. */
type Operand = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'v' | 'w';
type Operands = Readonly<Record<string, Operand>>;

function operand(line: TraceLine, at: Operand): number | string {
  if (at === 'v') return `0x${u64(line.vLo, line.vHi).toString(16)}`;
  return at === 'w' ? `0x${u64(line.wLo, line.wHi).toString(16)}` : line[at];
}

function tellSetup(what: string, operands: Operands): Meaning['tell'] {
  const entries = Object.entries(operands);
  return (line, vcpu, scene) => {
    const detail: Record<string, number | string> = {};
    for (const [name, at] of entries) detail[name] = operand(line, at);
    scene.emit(line, vcpu, 'hardware', { kind: 'gic.setup', what, ...(entries.length === 0 ? {} : { detail }) });
  };
}

const command = (name: string, operands: Operands = {}, purpose?: ItsPurpose): Meaning => ({
  apply: (_line, scene) => scene.flat.its.begin(purpose),
  tell: tellSetup(`ITS command ${name}`, operands),
});

const table = (what: string, operands: Operands): Meaning => ({ tell: tellSetup(what, operands) });

const DEVICE: Operands = { DeviceID: 'a', EventID: 'b' };
const VIRTUAL: Operands = { ...DEVICE, vPEID: 'c' };
const ENTRY: Operands = {
  'ITT address': 'v',
  EventID: 'a',
  valid: 'b',
  physical: 'c',
  INTID: 'd',
  ICID: 'e',
  vPEID: 'f',
  doorbell: 'w',
};

/** GITS_TRANSLATER is in the ITS's second page, and its lines count from there. */
const message: Meaning = {
  apply: (_line, scene) => scene.flat.its.begin('message'),
  tell: (line, vcpu, scene) => {
    scene.emit(line, vcpu, 'device', {
      kind: 'mmio.access',
      register: line.wLo === 0x40 ? 'GITS_TRANSLATER' : `GITS_TRANSLATE+0x${line.wLo.toString(16)}`,
      op: 'write',
      size: line.a,
      value: u64(line.vLo, line.vHi),
      offset: BigInt(0x1_0000 + line.wLo),
      detail: { DeviceID: line.b },
    });
  },
};

/** The entry of a message's or command's interrupt: if it is valid and physical, that interrupt becomes pending (or not). */
const entryRead: Meaning = {
  apply: (line, scene) => {
    const isMapped = line.b === 1 && line.c === 1 && flatInterrupt(line.d) !== undefined;
    const purpose = scene.flat.its.entry(isMapped ? line.d : undefined);
    if (purpose === undefined) return;
    const interrupt = scene.flat.of(line.d, line.subject);
    if (purpose === 'clear') interrupt?.unpend();
    else interrupt?.pend();
  },
  tell: (line, vcpu, scene) => {
    const intid = flatInterrupt(line.d);
    const purpose = scene.flat.its.current;
    if (purpose === undefined || intid === undefined) return tellEntryRead(line, vcpu, scene);
    const detail = { EventID: line.a, ICID: line.e };
    if (purpose === 'clear')
      scene.emit(line, vcpu, 'guest', { kind: 'irq.pend', intid, pending: false, cause: 'ITS command', detail });
    else {
      const origin = purpose === 'message' ? 'device' : 'guest';
      scene.emit(line, vcpu, origin, { kind: 'irq.inject', intid, level: true, cause: purpose, detail });
    }
  },
};
const tellEntryRead = tellSetup('ITS interrupt table read', ENTRY);

/** The collection of that interrupt says which redistributor it goes to. */
const collectionRead: Meaning = {
  apply: (line, scene) => {
    const number = scene.flat.its.collection();
    if (number !== undefined && line.b === 1) scene.flat.of(number, line.subject)?.set('target', line.c);
  },
  tell: tellSetup('ITS collection table read', { ICID: 'a', valid: 'b', RDbase: 'c' }),
};

export const GICV3_ITS = {
  gicv3_its_read: itsAccess('read'),
  gicv3_its_write: itsAccess('write'),
  gicv3_its_badread: itsAccess('read', true),
  gicv3_its_badwrite: itsAccess('write', true),
  gicv3_its_translation_write: message,
  gicv3_its_process_command: table('ITS command', { 'queue entry': 'a', opcode: 'b' }),
  gicv3_its_cmd_int: command('INT', DEVICE, 'command INT'),
  gicv3_its_cmd_clear: command('CLEAR', DEVICE, 'clear'),
  gicv3_its_cmd_discard: command('DISCARD', DEVICE, 'clear'),
  gicv3_its_cmd_sync: command('SYNC'),
  gicv3_its_cmd_mapd: command('MAPD', { DeviceID: 'a', size: 'b', 'ITT address': 'v', valid: 'c' }),
  gicv3_its_cmd_mapc: command('MAPC', { ICID: 'a', RDbase: 'v', valid: 'b' }),
  gicv3_its_cmd_mapi: command('MAPI', { ...DEVICE, ICID: 'c' }),
  gicv3_its_cmd_mapti: command('MAPTI', { ...DEVICE, ICID: 'c', INTID: 'd' }),
  gicv3_its_cmd_inv: command('INV', DEVICE),
  gicv3_its_cmd_invall: command('INVALL'),
  gicv3_its_cmd_movall: command('MOVALL', { RDbase1: 'v', RDbase2: 'w' }),
  gicv3_its_cmd_movi: command('MOVI', { ...DEVICE, ICID: 'c' }),
  gicv3_its_cmd_vmapi: command('VMAPI', { ...VIRTUAL, doorbell: 'd' }),
  gicv3_its_cmd_vmapti: command('VMAPTI', { ...VIRTUAL, vINTID: 'd', doorbell: 'e' }),
  gicv3_its_cmd_vmapp: command('VMAPP', { vPEID: 'a', RDbase: 'v', valid: 'b', 'VPT address': 'w', 'VPT size': 'c' }),
  gicv3_its_cmd_vmovp: command('VMOVP', { vPEID: 'a', RDbase: 'v' }),
  gicv3_its_cmd_vsync: command('VSYNC'),
  gicv3_its_cmd_vmovi: command('VMOVI', { ...VIRTUAL, 'doorbell valid': 'd', doorbell: 'e' }),
  gicv3_its_cmd_vinvall: command('VINVALL', { vPEID: 'a' }),
  gicv3_its_cmd_unknown: command('unknown', { opcode: 'a' }),
  gicv3_its_cte_read: collectionRead,
  gicv3_its_cte_write: table('ITS collection table write', { ICID: 'a', valid: 'b', RDbase: 'c' }),
  gicv3_its_cte_read_fault: table('ITS collection table fault', { ICID: 'a' }),
  gicv3_its_ite_read: entryRead,
  gicv3_its_ite_read_fault: table('ITS interrupt table fault', { 'ITT address': 'v', EventID: 'a' }),
  gicv3_its_ite_write: table('ITS interrupt table write', ENTRY),
  gicv3_its_dte_read: table('ITS device table read', { DeviceID: 'a', valid: 'b', size: 'c', 'ITT address': 'v' }),
  gicv3_its_dte_write: table('ITS device table write', { DeviceID: 'a', valid: 'b', size: 'c', 'ITT address': 'v' }),
  gicv3_its_dte_read_fault: table('ITS device table fault', { DeviceID: 'a' }),
  gicv3_its_vte_read: table('ITS vPE table read', {
    vPEID: 'a',
    valid: 'b',
    size: 'c',
    'VPT address': 'v',
    RDbase: 'd',
  }),
  gicv3_its_vte_read_fault: table('ITS vPE table fault', { vPEID: 'a' }),
  gicv3_its_vte_write: table('ITS vPE table write', {
    vPEID: 'a',
    valid: 'b',
    size: 'c',
    'VPT address': 'v',
    RDbase: 'd',
  }),
} as const satisfies Partial<Record<Gicv3ItsEvent, Meaning>>;
