/** gicv3-scenarios, part A: the device interface. */
import { describe, expect, it } from 'vitest';
import { requireReadyIrqchip } from '../../core/kvm/first-run.ts';
import { BAD_ADDRESS, DEVICE_VGIC_ITS, GROUP, KVM_CREATE_DEVICE_TEST, UserWords } from '../../core/kvm/uapi.ts';
import { D, hex, instr, V3Lab } from './v3-lab.ts';

const EIO = -5;
const ENOENT = -2;
const ENXIO = -6;
const E2BIG = -7;
const EFAULT = -14;
const EBUSY = -16;
const EEXIST = -17;
const ENODEV = -19;
const EINVAL = -22;
const P = 1n << 40n;
const [DIST, REDIST, REGION] = [2n, 3n, 5n];

/** A GICv3 VM with these vCPU ids, nothing set. */
function fresh(...ids: number[]): V3Lab {
  const lab = new V3Lab({ vcpus: ids.length });
  for (const id of ids) expect(lab.addVcpu(id)).toBe(0);
  expect(lab.vm.createDevice(7)).toBe(0);
  return lab;
}

function address(lab: V3Lab, attr: bigint, value: bigint): number {
  return lab.attr('set', GROUP.ADDR, attr, value).ret;
}

/** The first run of a vCPU: the VM's frames. */
function run(lab: V3Lab, index: number): number {
  return lab.vm.dead.flag ? EIO : requireReadyIrqchip(lab.at(index).vcpu);
}

/** Steps of scenario 3. */
function regions(lab: V3Lab): void {
  const set = (value: bigint): number => address(lab, REGION, value);
  expect(set(0x0040_0000_0010_2000n)).toBe(EINVAL);
  expect(set(0x0000_0000_0010_0000n)).toBe(EINVAL);
  expect(set(0x0020_0000_0020_0001n)).toBe(EINVAL);
  expect(set(0x0020_0000_0020_0000n)).toBe(0);
  expect(set(0x0020_0000_0020_0001n)).toBe(EINVAL);
  expect(set(0x0010_0000_0021_0002n)).toBe(EINVAL);
  expect(set(0x0010_0000_0024_0002n)).toBe(EINVAL);
  expect(set(0x0010_0000_0024_0001n)).toBe(0);
  expect(set((1n << 52n) | P | 2n)).toBe(E2BIG);
  expect(set((2n << 52n) | (P - 0x3_0000n) | 2n)).toBe(E2BIG);
  expect(address(lab, REDIST, 0x26_0000n)).toBe(EINVAL);
  expect(lab.attr('get', GROUP.ADDR, REGION, 0n)).toEqual({ ret: 0, val: 0x0020_0000_0020_0000n });
  expect(lab.attr('get', GROUP.ADDR, REGION, 1n)).toEqual({ ret: 0, val: 0x0010_0000_0024_0001n });
  expect(lab.attr('get', GROUP.ADDR, REGION, 2n).ret).toBe(ENOENT);
  expect(address(lab, DIST, 0x26_0000n)).toBe(0);
  expect(set(0x0010_0000_0026_0002n)).toBe(EINVAL);
}

function typer(lab: V3Lab, id: number): bigint {
  const { ret, val } = lab.attr('get', GROUP.REDIST_REGS, (BigInt(id) << 32n) | 8n);
  expect(ret).toBe(0);
  return val;
}

describe('A. Device interface', () => {
  it('[V3-001] creates one interrupt controller, and none after a run or with too many vCPUs', () => {
    const lab = new V3Lab({ vcpus: 9 });
    expect(lab.vm.createDevice(0)).toBe(ENODEV);
    expect(lab.vm.createDevice(7, KVM_CREATE_DEVICE_TEST)).toBe(0);
    expect(lab.vm.createDevice(7)).toBe(0);
    expect([lab.vm.createDevice(7), lab.vm.createDevice(5)]).toEqual([EEXIST, EEXIST]);
    const ran = new V3Lab();
    ran.addVcpu(0);
    ran.at(0).vcpu.slots.hasRun.flag = true;
    expect(ran.vm.createDevice(7)).toBe(EBUSY);
    const nine = new V3Lab({ vcpus: 10 });
    for (let id = 0; id < 9; id++) nine.addVcpu(id);
    expect(nine.vm.createDevice(5)).toBe(E2BIG);
    expect(nine.addVcpu(9)).toBe(EINVAL);
    expect(nine.vm.createDevice(7)).toBe(0);
    expect(nine.addVcpu(9)).toBe(0);
  });

  it('[V3-002] checks legacy addresses, and finds the overlap at the first run', () => {
    for (const late of [false, true]) {
      const lab = new V3Lab({ vcpus: 4 });
      for (let id = 0; id < (late ? 1 : 4); id++) lab.addVcpu(id);
      expect(lab.vm.createDevice(7)).toBe(0);
      expect([DIST, REDIST, (1n << 64n) - 1n].map((attr) => lab.attr('has', GROUP.ADDR, attr).ret)).toEqual([
        0,
        0,
        ENXIO,
      ]);
      expect([DIST, REDIST].map((attr) => address(lab, attr, 0x1000n))).toEqual([EINVAL, EINVAL]);
      expect([DIST, REDIST].map((attr) => address(lab, attr, P))).toEqual([E2BIG, E2BIG]);
      expect(address(lab, REDIST, P - 0x1_0000n)).toBe(E2BIG);
      expect(address(lab, REDIST, 0n)).toBe(0);
      expect(address(lab, REDIST, 0xe_0000n)).toBe(EEXIST);
      expect(address(lab, REGION, 0x0040_0000_0010_0000n)).toBe(EINVAL);
      // The distributor overlaps what the legacy region grows to with four vCPUs.
      expect(address(lab, DIST, 0x7_0000n)).toBe(0);
      if (late) for (let id = 1; id < 4; id++) lab.addVcpu(id);
      expect(run(lab, lab.vm.vcpus.length - 1)).toBe(EINVAL);
      expect(lab.vm.dead.flag).toBe(true);
      expect(run(lab, 0)).toBe(EIO);
    }
  });

  it('[V3-003] checks redistributor regions in the kernel’s order', () => {
    regions(fresh(0, 1, 2, 3));
  });

  it('[V3-004] refuses the first run without room, without INIT, and accepts it with both', () => {
    const room = fresh(0, 1, 2, 3);
    regions(room);
    expect(room.init()).toBe(0);
    expect(run(room, 3)).toBe(ENXIO);
    const uninitialised = fresh(0, 1, 2, 3);
    regions(uninitialised);
    expect(address(uninitialised, REGION, 0x0010_0000_0028_0002n)).toBe(0);
    expect(run(uninitialised, 3)).toBe(EBUSY);
    const good = fresh(0, 1, 2, 3);
    regions(good);
    expect(good.vm.deviceAttr('set', GROUP.ADDR, REGION, BAD_ADDRESS)).toBe(EFAULT);
    expect(address(good, REGION, 0x0010_0000_0028_0002n)).toBe(0);
    expect(good.init()).toBe(0);
    expect(run(good, 3)).toBe(0);
  });

  it('[V3-005] shows in GICR_TYPER who is last as redistributors find their places', () => {
    const lab = new V3Lab({ vcpus: 4 });
    lab.addVcpu(0);
    expect(lab.vm.createDevice(7)).toBe(0);
    lab.addVcpu(3);
    expect(lab.attr('get', GROUP.REDIST_REGS, 0x1_0000_0008n).ret).toBe(EINVAL);
    lab.addVcpu(1);
    expect(lab.attr('get', GROUP.REDIST_REGS, 0x1_0000_0008n).ret).toBe(EBUSY);
    lab.addVcpu(2);
    expect(lab.init()).toBe(0);
    const low = (): bigint[] => [0, 1, 2, 3].map((id) => typer(lab, id));
    expect(low()).toEqual([0n, 0x100n, 0x200n, 0x300n]);
    expect(address(lab, REGION, (2n << 52n) | 0x20_0000n)).toBe(0);
    expect(low()).toEqual([0n, 0x100n, 0x200n, 0x310n]);
    expect(address(lab, REGION, (10n << 52n) | 0x10_0000n | 1n)).toBe(EINVAL);
    expect(low()).toEqual([0n, 0x100n, 0x200n, 0x310n]);
    expect(address(lab, REGION, (10n << 52n) | 0x2_0000n | 1n)).toBe(0);
    expect(low()).toEqual([0n, 0x100n, 0x210n, 0x310n]);
    for (let id = 0n; id < 4n; id++)
      expect(lab.attr('get', GROUP.REDIST_REGS, (id << 32n) | 12n)).toEqual({ ret: 0, val: id });
  });

  it('[V3-006] lets adjoining regions share one Last', () => {
    const lab = fresh(0, 3, 5, 4, 1, 2);
    expect(lab.init()).toBe(0);
    for (const [n, base] of [0x10_0000n, 0x24_0000n, 0x20_0000n].entries())
      expect(address(lab, REGION, (2n << 52n) | base | BigInt(n))).toBe(0);
    expect([0, 3, 5, 4, 1, 2].map((id) => typer(lab, id))).toEqual([0n, 0x310n, 0x500n, 0x410n, 0x100n, 0x200n]);
    const legacy = fresh(0, 3, 5, 4, 1, 2);
    expect(legacy.init()).toBe(0);
    expect(address(legacy, REDIST, 0x1_0000n)).toBe(0);
    expect([0, 3, 5, 4, 1, 2].map((id) => typer(legacy, id))).toEqual([0n, 0x300n, 0x500n, 0x400n, 0x100n, 0x210n]);
  });

  it('[V3-007] finds at the first run that the legacy region has outgrown the guest’s memory', () => {
    const lab = new V3Lab({ vcpus: 4 });
    lab.addVcpu(0);
    expect(lab.vm.createDevice(7)).toBe(0);
    expect(address(lab, REDIST, P - 0x6_0000n)).toBe(0);
    expect(address(lab, DIST, 0n)).toBe(0);
    for (let id = 1; id < 4; id++) expect(lab.addVcpu(id)).toBe(0);
    expect(lab.init()).toBe(0);
    expect(run(lab, 0)).toBe(EINVAL);
  });

  it('[V3-008] takes the number of interrupts once, in steps of 32 up to 992', () => {
    const lab = fresh(0);
    const set = (n: bigint): number => lab.attr('set', GROUP.NR_IRQS, 0n, n).ret;
    expect(lab.attr('get', GROUP.NR_IRQS, 0n).val).toBe(32n);
    expect([32n, 63n, 1024n, 1000n].map(set)).toEqual([EINVAL, EINVAL, EINVAL, EINVAL]);
    expect([96n, 128n].map(set)).toEqual([0, EBUSY]);
    expect(lab.attr('get', GROUP.NR_IRQS, 0n).val).toBe(96n);
    const typers = [96n, undefined, 992n].map((count) => {
      const each = fresh(0);
      if (count !== undefined) expect(each.attr('set', GROUP.NR_IRQS, 0n, count).ret).toBe(0);
      expect(each.init()).toBe(0);
      expect(each.attr('get', GROUP.NR_IRQS, 0n).val).toBe(count ?? 256n);
      return each.attr('get', GROUP.DIST_REGS, 4n).val;
    });
    expect(hex(...typers)).toEqual(['0x480002', '0x480007', '0x48001e']);
  });

  it('[V3-009] answers before INIT what does not depend on it, and unknown offsets with 0', () => {
    const lab = fresh(0);
    const get = (group: number, attr: bigint): number => lab.attr('get', group, attr).ret;
    const has = (group: number, attr: bigint): number => lab.attr('has', group, attr).ret;
    expect(lab.attr('get', GROUP.DIST_REGS, 8n)).toEqual({ ret: 0, val: 0x4b00_343bn });
    expect(lab.attr('get', GROUP.DIST_REGS, 0xcn)).toEqual({ ret: 0, val: 0n });
    expect(get(GROUP.DIST_REGS, 0n)).toBe(EBUSY);
    expect(get(GROUP.CPU_SYSREGS, 0xc230n)).toBe(EBUSY);
    expect(get(GROUP.LEVEL_INFO, 0n)).toBe(EBUSY);
    expect(fresh().attr('get', GROUP.DIST_REGS, 8n).ret).toBe(EINVAL);
    expect(has(GROUP.DIST_REGS, 0x104n)).toBe(ENXIO);
    lab.attr('set', GROUP.NR_IRQS, 0n, 64n);
    expect([0x104n, 0x108n, 0n].map((at) => has(GROUP.DIST_REGS, at))).toEqual([0, ENXIO, 0]);
    expect(has(GROUP.REDIST_REGS, 0x1_0100n)).toBe(0);
    expect([0x20n, 0x21n, 0x420n].map((at) => has(GROUP.LEVEL_INFO, at))).toEqual([0, 0, ENXIO]);
    expect(lab.init()).toBe(0);
    expect([2n, 0x20n].map((at) => has(GROUP.DIST_REGS, at))).toEqual([ENXIO, ENXIO]);
    expect(lab.attr('get', GROUP.DIST_REGS, 0x20n, 0xffn)).toEqual({ ret: 0, val: 0n });
    expect(lab.attr('set', GROUP.DIST_REGS, 0x20n).ret).toBe(0);
    expect([get(GROUP.CPU_SYSREGS, 0xc660n), has(GROUP.CPU_SYSREGS, 0xc660n)]).toEqual([ENOENT, ENXIO]);
  });

  it('[V3-010] lets userspace choose revision 2 or 3', () => {
    const lab = V3Lab.base();
    const set = (value: bigint): number => lab.uset(GROUP.DIST_REGS, 8, value);
    expect(set(0x4b00_243bn)).toBe(0);
    expect(lab.uget(GROUP.DIST_REGS, 8)).toBe(0x4b00_243bn);
    expect(lab.uget(GROUP.REDIST_REGS, 0)).toBe(0n);
    expect(set(0x4b00_343bn)).toBe(0);
    expect(lab.uget(GROUP.REDIST_REGS, 0)).toBe(6n);
    expect([set(0x4b00_143bn), set(0x4b01_343bn)]).toEqual([EINVAL, EINVAL]);
    expect(lab.uget(GROUP.REDIST_REGS, 4)).toBe(0x4b00_043bn);
    lab.w(0, D + 8n, 0);
    expect(lab.r(0, D + 8n)).toBe(0x4b00_343bn);
  });

  it('[V3-011] refuses nASSGIcap on a host without it', () => {
    const lab = fresh(0);
    const set = (value: bigint): number => lab.attr('set', GROUP.DIST_REGS, 0xcn, value).ret;
    expect(lab.attr('get', GROUP.DIST_REGS, 0xcn).val).toBe(0n);
    expect([set(0x100n), set(0n)]).toEqual([EINVAL, 0]);
    expect(lab.init()).toBe(0);
    expect(set(0x100n)).toBe(EBUSY);
  });

  it('[V3-012] gives userspace the CPU interface registers', () => {
    const lab = fresh(0);
    const get = (code: bigint): { ret: number; val: bigint } => lab.attr('get', GROUP.CPU_SYSREGS, code);
    const set = (code: bigint, value: bigint): number => lab.attr('set', GROUP.CPU_SYSREGS, code, value).ret;
    const ctlr = 0xc664n;
    expect(lab.vm.deviceAttr('set', GROUP.CPU_SYSREGS, 0xc660n, BAD_ADDRESS)).toBe(EBUSY);
    expect(lab.init()).toBe(0);
    const codes = [0xc230n, 0xc643n, 0xc644n, 0xc648n, 0xc663n, ctlr, 0xc665n, 0xc666n, 0xc667n];
    const missing = [0xc645n, 0xc646n, 0xc647n, 0xc649n, 0xc64an, 0xc64bn];
    for (const code of [...codes, ...missing]) expect(lab.attr('has', GROUP.CPU_SYSREGS, code).ret).toBe(0);
    for (const code of codes) expect(set(code, get(code).val)).toBe(0);
    for (const code of missing) expect([get(code).ret, set(code, 0n)]).toEqual([EINVAL, EINVAL]);
    expect(get(ctlr).val).toBe(0x400n);
    expect([set(ctlr, 0x500n), set(ctlr, 0x402n)]).toEqual([EINVAL, 0]);
    expect(get(ctlr).val).toBe(0x402n);
    expect(set(ctlr, 0x4300n)).toBe(EINVAL);
    expect(get(ctlr).val).toBe(0x302n);
    expect(set(ctlr, 0x402n)).toBe(EINVAL);
    expect(lab.vm.deviceAttr('set', GROUP.CPU_SYSREGS, 0xc660n, BAD_ADDRESS)).toBe(EFAULT);
    expect(lab.vm.deviceAttr('get', GROUP.CPU_SYSREGS, 0xc660n, BAD_ADDRESS)).toBe(ENOENT);
    expect([set(0xc665n, 0n), set(0xc665n, 1n), get(0xc665n).val]).toEqual([EINVAL, 0, 7n]);
    const eight = new V3Lab({ bits: 8 });
    eight.addVcpu(0);
    eight.device();
    const code = BigInt(instr('AP0R1'));
    expect(eight.attr('get', GROUP.CPU_SYSREGS, ctlr).val).toBe(0x700n);
    expect(eight.attr('get', GROUP.CPU_SYSREGS, code).ret).toBe(EINVAL);
    expect(eight.attr('set', GROUP.CPU_SYSREGS, ctlr, 0x600n).ret).toBe(0);
    for (let n = 0n; n < 3n; n++) {
      expect(eight.attr('set', GROUP.CPU_SYSREGS, code + n, 5n).ret).toBe(0);
      expect(eight.attr('get', GROUP.CPU_SYSREGS, code + n)).toEqual({ ret: 0, val: 5n });
    }
    expect([get(0xc643n).val, get(0xc663n).val]).toEqual([0n, 0n]);
    const ran = V3Lab.base();
    ran.enter();
    ran.exit();
    expect([ran.sysreg(0, 'BPR0'), ran.sysreg(0, 'BPR1')]).toEqual([2n, 3n]);
  });

  it('[V3-013] has no CPU registers of a GICv2 without a vCPU', () => {
    const lab = new V3Lab();
    expect(lab.vm.createDevice(5)).toBe(0);
    for (const op of ['has', 'get', 'set'] as const) expect(lab.attr(op, GROUP.CPU_REGS, 0n).ret).toBe(EINVAL);
  });

  it('[V3-014] makes every GICv3 register UNDEFINED without a vGIC', () => {
    const lab = new V3Lab();
    lab.addVcpu(0);
    lab.load(0);
    const undefinedAccess = (direction: 'read' | 'write', name: string): void => {
      lab.enter();
      expect(lab.at(0).vcpu.sysreg(direction, `ICC_${name}_EL1`).outcome).toMatch(/^undefined/);
      if (lab.at(0).vcpu.inGuest) lab.exit();
    };
    const both = ['PMR', 'BPR0', 'BPR1', 'AP0R0', 'AP1R3', 'CTLR', 'IGRPEN0', 'IGRPEN1'];
    for (const name of [...both, 'IAR0', 'IAR1', 'HPPIR0', 'HPPIR1', 'RPR']) undefinedAccess('read', name);
    for (const name of [...both, 'EOIR0', 'EOIR1', 'DIR', 'SGI1R', 'ASGI1R', 'SGI0R']) undefinedAccess('write', name);
  });

  it('[V3-015] refuses addresses of an ITS as it does those of the distributor', () => {
    const lab = V3Lab.base();
    expect(lab.vm.createDevice(DEVICE_VGIC_ITS)).toBe(0);
    const words = (...value: bigint[]): UserWords => new UserWords(...value);
    const its = (op: 'get' | 'set', memory: UserWords): number =>
      lab.vm.companionAttr({ type: DEVICE_VGIC_ITS, index: 0 }, op, GROUP.ADDR, 4n, memory);
    const set = (value: bigint): number => its('set', words(value));
    expect([set(0x40_1000n), set(P), set(P - 0x1_0000n)]).toEqual([EINVAL, E2BIG, E2BIG]);
    const read = words(0n);
    expect([its('get', read), ...hex(...read.words)]).toEqual([0, '0xffffffffffffffff']);
    expect([set(0x40_0000n), set(0x30_0000n), its('get', read), ...hex(...read.words)]).toEqual([
      0,
      EEXIST,
      0,
      '0x400000',
    ]);
    expect(hex(lab.r(0, D + 4n))).toEqual(['0x7a0001']);
  });
});
