/** The emulator's state in the keys of the SPI and IRS vectors: sections vm, irs, hw, c0 … c2, aplist, spi, ist. */
import { LPI, SPI } from '../../core/gic/v5/irs/iste.ts';
import { type VmIrs } from '../../core/kvm/v5/irs/vm-irs.ts';
import { UNSET } from '../../core/kvm/frame.ts';
import { type Vm } from '../../core/kvm/vm.ts';
import { type Value } from './compare.ts';

export type Found = Readonly<Record<string, Value>>;

const VCPUS = 3;
/** Bit 61 of ICH_CONTEXTR_EL2, in its high half. */
const IRICHPPIDIS = 0x2000_0000;
const bit = (flag: boolean): number => (flag ? 1 : 0);

/** All sections; `spi` and `ist` only where something is not 0. */
export function sections(vm: Vm, irs: VmIrs, held: number): Readonly<Record<string, Found>> {
  return {
    vm: {
      initialized: bit(vm.initialized.flag),
      nspis: irs.nrSpis.lo,
      held,
      iodev: bit(irs.base.value !== UNSET),
      ran: vm.vcpus.reduce((mask, vcpu) => mask | (bit(vcpu.slots.hasRun.flag) << vcpu.index), 0),
    },
    irs: registers(irs),
    hw: { lpi_ist_bits: (irs.hasId ? irs.tables.ist(LPI)?.config.idBits : undefined) ?? -1 },
    ...Object.fromEntries(Array.from({ length: VCPUS }, (_, index) => [`c${index}`, vcpu(vm, irs, index)])),
    aplist: { order: irs.list },
    spi: spis(irs),
    ist: entries(irs),
  };
}

function registers({ registers: r }: VmIrs): Found {
  const cfgr = r.istCfgr.lo;
  return {
    enabled: bit(r.enabled),
    idr0: { dom: r.idr0.lo & 3, pa: (r.idr0.lo >>> 2) & 0xf, irsid: r.idr0.lo >>> 16 },
    pri_bits_m1: r.priorityBits.lo,
    idr2: { id_bits: r.idBits, min: r.minIdBits, l2sz: (r.idr2.lo >>> 11) & 7 },
    cr1: BigInt(r.cr1.lo),
    spi_selr: BigInt(r.spiSelr.lo),
    pe_selr: BigInt(r.peSelr.lo),
    ist_cfgr: { bits: cfgr & 0x1f, l2sz: (cfgr >>> 5) & 3, istsz: (cfgr >>> 7) & 3, two: (cfgr >>> 16) & 1 },
    baser_valid: bit(r.istValid),
    baser_addr: r.istAddress,
    restore_pending: bit(r.restorePending.flag),
  };
}

/** Before a vCPU is resident for the first time it is as one whose IRS is disabled. */
function vcpu(vm: Vm, irs: VmIrs, index: number): Found {
  const vcpu = vm.vcpu(index);
  const cpu = vcpu?.cpu;
  const context = irs.host.host.cpus[index]?.context.hi ?? 0;
  return {
    id: vcpu?.id ?? -1,
    en: bit(cpu?.interface.enabled ?? false),
    pcr: cpu?.interface.priorityMask ?? 0,
    apr: BigInt(cpu?.interface.apr.lo ?? 0),
    icsr: cpu?.interface.icsr.value ?? 0n,
    irichppidis: vcpu === undefined ? 0 : cpu === undefined ? 1 : bit((context & IRICHPPIDIS) !== 0),
    reload:
      vcpu === undefined ? 0 : irs.vm.host.journal.read(slotOf(vm, `vcpu${index}.request.irsReload`)) === 0n ? 0 : 1,
    cand: BigInt(cpu?.interface.irsCandidate?.lo ?? 0),
  };
}

function slotOf(vm: Vm, path: string): NonNullable<ReturnType<Vm['host']['journal']['layout']['find']>> {
  const slot = vm.host.journal.layout.find(path);
  if (slot === undefined) throw new Error(`no slot ${path}`);
  return slot;
}

function spis(irs: VmIrs): Found {
  const out: Record<string, Value> = {};
  for (let number = 0; number < irs.nrSpis.lo; number++) {
    const spi = irs.spi(number);
    if (spi === undefined) break;
    const state = [bit(spi.isLevel), bit(spi.line), bit(spi.latch), bit(spi.active), spi.member];
    if (state.some((value) => value !== 0)) out[number] = state;
  }
  return out;
}

function entries(irs: VmIrs): Found {
  const out: Record<string, Value> = {};
  if (!irs.hasId) return out;
  for (const [type, letter] of [
    [SPI, 's'],
    [LPI, 'l'],
  ] as const)
    irs.tables.ist(type)?.forEach((number, word) => {
      out[`${letter}${number}`] = BigInt(word);
    });
  return out;
}
