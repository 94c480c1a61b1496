/**
 * A GICv3 machine with an ITS and memory for its tables, both in the journal. Commands go through the queue in memory
 * and GITS_CWRITER, as a guest's do; the outcome of each is in its event.
 */
import assert from 'node:assert/strict';
import { SlotMemory } from '../../../../../core/gic/v5/irs/memory.ts';
import { type KvmEvent } from '../../../../../core/kvm/events.ts';
import { type GuestMemory } from '../../../../../core/kvm/guest-memory.ts';
import { DEVICE_VGIC_ITS, GROUP, MSI_VALID_DEVID, UserWords } from '../../../../../core/kvm/uapi.ts';
import { type Its } from '../../../../../core/kvm/v3/its/its.ts';
import { type EventMapping } from '../../../../../core/kvm/v3/its/mappings.ts';
import { itsesOf } from '../../../../../core/kvm/v3/its/its-set.ts';
import { type LabOptions, R, V3Lab } from '../../../../conformance/v3-lab.ts';

export const RAM = 0x4000_0000;
const RAM_SIZE = 0x100_0000;
export const ITS = 0x808_0000n;
export const DOORBELL = ITS + 0x1_0040n;
/** Configuration bytes from LPI 8192 on. */
const CONFIGURATION = RAM + 0x10_0000;
export const QUEUE = RAM + 0x30_0000;
export const DEVICES = RAM + 0x40_0000;
export const COLLECTIONS = RAM + 0x50_0000;

export const pendingTable = (vcpu: number): number => RAM + 0x20_0000 + vcpu * 0x1_0000;
export const ittOf = (device: number): number => RAM + 0x60_0000 + (device & 0xff) * 0x1000;

const VALID = 1n << 63n;
const COMMAND = 32;

/** Memory whose words are slots, as KVM reaches it. */
function guestMemory(memory: SlotMemory): GuestMemory {
  const word = (address: bigint): number => Number(address) & ~3;
  return {
    load: (address, bytes) => {
      if (bytes === 8) return memory.load64(Number(address));
      const value = memory.load32(word(address));
      return value === undefined ? undefined : BigInt((value >>> ((Number(address) & 3) * 8)) & 0xff);
    },
    store: (address, bytes, value) => {
      if (bytes === 8) return memory.store64(Number(address), value);
      const before = memory.load32(word(address));
      const shift = (Number(address) & 3) * 8;
      if (before === undefined) return false;
      return memory.store32(word(address), ((before & ~(0xff << shift)) | (Number(value) << shift)) >>> 0);
    },
    contains: (address) => memory.find(Number(address), 1) !== undefined,
  };
}

export class ItsLab extends V3Lab {
  readonly ram: SlotMemory;

  /** BASE of the scenarios, and an ITS that is not configured. */
  static bare(options: LabOptions = {}): ItsLab {
    const lab = V3Lab.buildBase(new ItsLab(options), options);
    assert.equal(lab.vm.createDevice(DEVICE_VGIC_ITS), 0);
    return lab;
  }

  /** ITS in place and enabled, LPIs enabled on every vCPU; LPIs of the first 64 enabled at priority 0xA0. */
  static ready(options: LabOptions = {}): ItsLab {
    const lab = ItsLab.bare(options);
    for (let n = 0; n < 64; n++) lab.configure(8192 + n, 0xa0);
    lab.setUp();
    lab.take();
    return lab;
  }

  constructor(options: LabOptions = {}) {
    super(options);
    this.ram = new SlotMemory(this.host.journal);
    this.ram.add({ base: RAM, bytes: RAM_SIZE, word: 8, path: (n) => `ram${n}` });
    this.vm.memory = guestMemory(this.ram);
  }

  /** Registers of redistributors and ITS as a guest writes them. */
  setUp(): void {
    assert.equal(this.itsAttr('set', GROUP.ADDR, 4n, ITS).ret, 0);
    for (const { index } of this.vm.vcpus) {
      const frame = R + BigInt(index) * 0x2_0000n;
      this.w(index, frame + 0x70n, BigInt(CONFIGURATION) | 15n, 8);
      this.w(index, frame + 0x78n, BigInt(pendingTable(index)), 8);
      this.w(index, frame, 1);
    }
    this.w(0, ITS + 0x100n, VALID | BigInt(DEVICES), 8);
    this.w(0, ITS + 0x108n, VALID | BigInt(COLLECTIONS), 8);
    this.w(0, ITS + 0x80n, VALID | BigInt(QUEUE), 8);
    this.w(0, ITS, 1);
  }

  get its(): Its {
    const its = itsesOf(this.vgic).at(0);
    assert.ok(its);
    return its;
  }

  /** The mapping of an event. */
  event(device: number, event: number): EventMapping | undefined {
    return this.its.event(device, event);
  }

  /** LPI's configuration byte in memory; KVM reads it when it is told to. */
  configure(lpi: number, priority: number, enabled = true): void {
    this.vm.memory.store(BigInt(CONFIGURATION + lpi - 8192), 1, BigInt(priority | (enabled ? 1 : 0)));
  }

  pendingBit(lpi: number, vcpu = 0): boolean {
    const byte = this.vm.memory.load(BigInt(pendingTable(vcpu) + (lpi >>> 3)), 1) ?? 0n;
    return ((Number(byte) >>> (lpi & 7)) & 1) !== 0;
  }

  setPendingBit(lpi: number, vcpu = 0): void {
    const address = BigInt(pendingTable(vcpu) + (lpi >>> 3));
    const byte = this.vm.memory.load(address, 1) ?? 0n;
    this.vm.memory.store(address, 1, byte | (1n << BigInt(lpi & 7)));
  }

  word(address: number): bigint {
    return this.vm.memory.load(BigInt(address), 8) ?? -1n;
  }

  // --- userspace ------------------------------------------------------------------------------------------------

  itsAttr(
    op: 'has' | 'get' | 'set',
    group: number,
    attr: bigint,
    data: bigint | undefined = 0n,
    index = 0,
  ): { readonly ret: number; readonly val: bigint } {
    const memory = new UserWords(data);
    const ret = this.vm.companionAttr({ type: DEVICE_VGIC_ITS, index }, op, group, attr, memory);
    return { ret, val: memory.words[0] ?? 0n };
  }

  /** KVM_SIGNAL_MSI. */
  msi(device: number, event: number, flags = MSI_VALID_DEVID, address = DOORBELL): number {
    return this.vm.signalMsi({ address, data: event, flags, device });
  }

  // --- commands -------------------------------------------------------------------------------------------------

  /** Puts a command behind the others and announces it; gives its outcome. */
  command(opcode: number, w0 = 0n, w1 = 0n, w2 = 0n, w3 = 0n, vcpu = 0): string {
    const at = this.its.cwriter.lo;
    for (const [n, word] of [BigInt(opcode) | w0, w1, w2, w3].entries())
      this.vm.memory.store(BigInt(QUEUE + at + 8 * n), 8, word);
    const from = this.events.length;
    this.w(vcpu, ITS + 0x88n, BigInt((at + COMMAND) % 4096), 8);
    const outcomes = this.events.slice(from).map(({ event }) => event);
    const told = outcomes.filter((event): event is Extract<KvmEvent, { kind: 'its.command' }> => {
      return event.kind === 'its.command';
    });
    assert.equal(told.length, 1, 'one command, one event');
    return told[0]?.outcome ?? '';
  }

  mapd(device: number, bits = 5, valid = true): string {
    return this.command(0x08, BigInt(device) << 32n, BigInt(bits - 1), BigInt(ittOf(device)) | (valid ? VALID : 0n));
  }

  mapc(icid: number, target: number, valid = true): string {
    return this.command(0x09, 0n, 0n, BigInt(icid) | (BigInt(target) << 16n) | (valid ? VALID : 0n));
  }

  mapti(device: number, event: number, lpi: number, icid: number): string {
    return this.command(0x0a, BigInt(device) << 32n, BigInt(event) | (BigInt(lpi) << 32n), BigInt(icid));
  }

  /** MOVI, INT, CLEAR, INV, DISCARD: by DeviceID and EventID. */
  onEvent(opcode: number, device: number, event: number, icid = 0): string {
    return this.command(opcode, BigInt(device) << 32n, BigInt(event), BigInt(icid));
  }

  movi(device: number, event: number, icid: number): string {
    return this.onEvent(0x01, device, event, icid);
  }

  discard(device: number, event: number): string {
    return this.onEvent(0x0f, device, event);
  }

  movall(from: number, to: number): string {
    return this.command(0x0e, 0n, 0n, BigInt(from) << 16n, BigInt(to) << 16n);
  }

  /** Device 0 with 32 events; collection n leads to vCPU n; event n of device 0 to LPI 8192 + n in collection 0. */
  mapAll(events = 1): void {
    assert.equal(this.mapd(0), 'ok');
    for (const { index } of this.vm.vcpus) assert.equal(this.mapc(index, index), 'ok');
    for (let n = 0; n < events; n++) assert.equal(this.mapti(0, n, 8192 + n, 0), 'ok');
    this.take();
  }
}
