/** How the IRS layer becomes events: instructions on SPIs and LPIs, candidates, injection, the SPI list, locks. */
import { formatIntid, type Intid } from '../../gic/intid.ts';
import { registerByName } from '../../gic/registers.ts';
import { ACTIVE } from '../../gic/v5/irs/iste.ts';
import { vdPendOperand, vdRcfgOperand } from '../../gic/v5/irs/virtual-instructions.ts';
import { type VgicIrsEvent } from '../../kvm/v5/irs/events.ts';
import { type Place } from '../../kvm/place.ts';
import { CONFIGURES, type Detail } from '../../trace/kinds.ts';
import { eventType } from './event-type.ts';
import { highOf, lowOf, type Rows, type Scribe } from './scribe.ts';

const HPPI = eventType('irq.hppi', 'hardware');
/** Of instructions on table entries. */
const BY = {
  guest: {
    configure: eventType('irq.configure', 'guest'),
    pend: eventType('irq.pend', 'guest'),
    deactivate: eventType('irq.deactivate', 'guest'),
  },
  hypervisor: {
    configure: eventType('irq.configure', 'hypervisor'),
    pend: eventType('irq.pend', 'hypervisor'),
    deactivate: eventType('irq.deactivate', 'hypervisor'),
  },
};

/** Identifiers of LPIs begin here. */
const LPIS = 0x4000_0000;

const actorOf = (instruction: string): 'guest' | 'hypervisor' =>
  instruction.startsWith('GIC VD') ? 'hypervisor' : 'guest';

/** The trace's number of an interrupt of a table: the identifier itself. */
const intidOf = (intid: number): Intid => intid as Intid;

function step(s: Scribe, place: Place, name: string, value?: bigint, argument?: bigint, detail?: Detail): void {
  const payload = {
    step: name,
    ...(value === undefined ? {} : { value }),
    ...(argument === undefined ? {} : { argument }),
  };
  s.put('kvm.step', 'hypervisor', place, payload, detail);
}

function setup(s: Scribe, place: Place, what: string, value?: number | bigint, detail?: Detail): void {
  s.put('gic.setup', 'hypervisor', place, { what, ...(value === undefined ? {} : { value: BigInt(value) }) }, detail);
}

function lock(s: Scribe, { kind, lock: name, spi }: Extract<VgicIrsEvent, { lock: string }>, place: Place): void {
  step(s, place, kind, undefined, undefined, { lock: name, ...(spi === undefined ? {} : { spi }) });
}

/** What KVM does with an SPI or LPI. */
function irq(s: Scribe, place: Place, name: string, intid: number, detail?: Detail): void {
  s.put('kvm.irq', 'hypervisor', place, { step: name, intid: intidOf(intid) }, detail);
}

function listed(s: Scribe, { kind, intid, length }: Extract<VgicIrsEvent, { length: number }>, place: Place): void {
  irq(s, place, kind === 'aplist.add' ? 'spiList add' : 'spiList remove', intid, { length });
}

export const IRS: Rows<VgicIrsEvent['kind']> = {
  'gic.cd': (s, { instruction, intid, what, value, before }, place) => {
    const by = actorOf(instruction);
    const { configure, pend, deactivate } = BY[by];
    const field = CONFIGURES.findIndex((each) => each === what);
    if (field >= 0) s.brief(configure, place, '', field, value, intid);
    else if (what === 'pending') s.brief(pend, place, instruction, value === 0 ? 0 : 1, undefined, intid);
    else if ((before & ACTIVE) !== 0) s.brief(deactivate, place, '', 0, undefined, intid);
    else s.put('other', by, place, { event: 'deactivate wasInactive' }, { interrupt: formatIntid(intid) });
  },
  'gic.cd.ignored': (s, { instruction, intid, reason }, place) =>
    s.put(
      'other',
      actorOf(instruction),
      place,
      { event: `${instruction} ignored` },
      { interrupt: formatIntid(intid), reason },
    ),
  'gic.vd': (s, { instruction, operand }, place) =>
    s.access('hypervisor', place, instruction, 'execute', lowOf(operand), highOf(operand), false),
  'irs.hppi': (s, { intid, priority }, place) =>
    s.brief(HPPI, place, 'IRS', priority, undefined, intid === 0 ? undefined : intid),
  'irs.hppi.noPe': (s, { iaffid, intid, priority }, place) => {
    const payload = { priority, unit: 'IRS', reasonNone: 'noPe', candidate: intidOf(intid) } as const;
    s.put('irq.hppi', 'hardware', place, payload, { IAFFID: iaffid });
  },
  'spi.inject': (s, { intid, level }, place) => s.put('irq.inject', 'device', place, { intid: intidOf(intid), level }),
  'spi.inject.ignored': (s, { intid, level, reason }, place) =>
    irq(s, place, 'injectIgnored', intid, { reason, level }),
  'spi.latch.stuck': (s, { intid }, place) => irq(s, place, 'spi.latch.stuck', intid),
  'ist.replay': (s, { intid }, place) => irq(s, place, 'ist.replay', intid),
  'gic.vdpend.ignored': (s, { vmId, intid }, place) =>
    irq(s, place, 'VDPEND ignored', intid, { vmId, reason: 'noEntry' }),
  'gic.vdrcfg.fault': (s, { intid }, place) => irq(s, place, 'VDRCFG fault', intid),
  'gic.vdpend': (s, { vmId, intid, pending }, place) => {
    s.put('irq.pend', 'hypervisor', place, { intid: intidOf(intid), pending, cause: 'VDPEND' });
    const operand = vdPendOperand({ vmId, intid, pending });
    s.access('hypervisor', place, 'GIC VDPEND', 'execute', lowOf(operand), highOf(operand), false);
  },
  'gic.vdrcfg': (s, { intid, icsr }, place) => {
    const operand = vdRcfgOperand(intid);
    s.access('hypervisor', place, 'GIC VDRCFG', 'execute', lowOf(operand), highOf(operand), false);
    s.access('hypervisor', place, 'ICC_ICSR_EL1', 'read', lowOf(icsr), highOf(icsr), false);
  },
  'its.translate': (s, { device, event, lpi }, place) => irq(s, place, 'its.translate', LPIS | lpi, { device, event }),
  'its.stale': (s, { device, event, lpi }, place) => irq(s, place, 'its.stale', LPIS | lpi, { device, event }),
  'aplist.add': listed,
  'aplist.remove': listed,
  'notifier.fire': (s, { pin }, place) => step(s, place, 'notifyAcked', BigInt(pin), undefined, { pin }),
  'resample.signal': (s, { gsi, index }, place) => step(s, place, 'resample', BigInt(gsi), BigInt(index)),
  'lock.acquire': lock,
  'lock.release': lock,
  'lock.deadlock': lock,
  'irs.enable': (s, { on, how }, place) => setup(s, place, on ? 'IRS enabled' : 'IRS disabled', on ? 1 : 0, { how }),
  'vm.spiIst': (s, { idBits, address }, place) => setup(s, place, 'SPI state table', address, { idBits }),
  'irs.region': (s, { base, bytes }, place) => setup(s, place, 'IRS region', base, { bytes }),
  'its.region': (s, { base, bytes }, place) => setup(s, place, 'ITS region', base, { bytes }),
  'irs.ist.valid': (s, { idBits, result }, place) =>
    setup(s, place, result === 0 ? 'LPI state table valid' : 'LPI state table not made', idBits, { result }),
  'irs.ist.invalid': (s, _event, place) => setup(s, place, 'LPI state table no longer valid'),
  'irs.ist.reject': (s, { reason }, place) => setup(s, place, 'LPI state table refused', undefined, { reason }),
  'spi.config': (s, { spi, level }, place) =>
    setup(s, place, 'SPI trigger mode', level ? 1 : 0, { interrupt: `SPI ${spi}`, trigger: level ? 'level' : 'edge' }),
  'host.irs': (s, { op, register, value }, place) => {
    const { width = 64, offset = 0 } = registerByName(register) ?? {};
    s.put('mmio.access', 'hypervisor', place, { register, op, size: width / 8, value, offset: BigInt(offset) });
  },
  'vcpu.resident': (s, { vmId, vpe, irichppidis }, place) => {
    step(s, place, 'resident', BigInt(vpe), BigInt(vmId), { irichppidis });
    const high = 0x8000_0000 | (irichppidis ? 0x2000_0000 : 0) | vpe;
    s.access('hypervisor', place, 'ICH_CONTEXTR_EL2', 'write', vmId, high, false);
  },
  'vcpu.nonresident': (s, { dbRequested, dbpm }, place) => {
    step(s, place, 'nonresident', undefined, undefined, dbRequested ? { doorbell: true, dbpm } : { doorbell: false });
    s.access('hypervisor', place, 'ICH_CONTEXTR_EL2', 'write', 0, dbRequested ? 0x1000_0000 | (dbpm << 23) : 0, false);
  },
  'vcpu.doorbell': (s, _event, place) => step(s, place, 'doorbell'),
  'vcpu.reload': (s, _event, place) => step(s, place, 'reload'),
  'uapi.irsRegister': (s, { op, register, value }, place) =>
    s.access('userspace', place, register, op === 'get' ? 'read' : 'write', lowOf(value), highOf(value), false),
};
