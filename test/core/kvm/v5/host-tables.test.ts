/** What KVM does at the host's IRS for a VM: tables, VPEs, limits (kvm-vgic-v5-spi §3, gicv5-spi-lpi-behaviour §8.1). */
import { describe, expect, it } from 'vitest';
import { LPI, SPI } from '../../../../core/gic/v5/irs/iste.ts';
import { E2BIG, EBUSY, EFAULT, EINVAL, EIO, ENODEV, ETIMEDOUT } from '../../../../core/kvm/errno.ts';
import { type IrsFacts } from '../../../../core/kvm/host-facts.ts';
import { CTRL, DEVICE_VGIC_V3, DEVICE_VGIC_V5, GROUP, UserWords } from '../../../../core/kvm/uapi.ts';
import { teardown } from '../../../../core/kvm/v5/irs/vm-life.ts';
import { VmVgicV5 } from '../../../../core/kvm/v5/vm-vgic.ts';
import { type Vm } from '../../../../core/kvm/vm.ts';
import { H5C, Lab } from '../../../conformance/v5-lab.ts';
import { images, ready, SPI5, SpiLab } from '../../../conformance/v5-spi-lab.ts';

/** Accesses to the host's IRS since the last call: `IRS_VMAP_VMR=…`, and what a status read. */
const accesses = (lab: Lab): string[] =>
  lab
    .take('host.irs')
    .flatMap((event) =>
      event.kind === 'host.irs'
        ? [`${event.op === 'write' ? '' : 'read '}${event.register}=0x${event.value.toString(16)}`]
        : [],
    );
const slot = (lab: Lab, path: string): bigint => {
  const found = lab.journal.layout.find(path);
  return found === undefined ? 0n : lab.journal.state.read(found);
};

describe('INIT', () => {
  it('makes the VM, its table of SPIs and each VPE valid by writes to the IRS, each awaited', () => {
    const lab = new SpiLab('Q', { until: 'created' });
    lab.take();
    expect(lab.init()).toBe(0);
    const idle = 'read IRS_VMT_STATUSR=0x1';
    const selected = 'read IRS_VPE_STATUSR=0x3';
    const vpe = (id: bigint): string[] => [
      `IRS_VMAP_VPER=0x${((1n << 63n) | id).toString(16)}`,
      idle,
      `IRS_VPE_SELR=0x${((1n << 63n) | (id << 32n)).toString(16)}`,
      selected,
      'IRS_VPE_CR0=0x1',
      selected,
      `IRS_VPE_DBR=0x${((1n << 63n) | (1000n + id)).toString(16)}`,
      selected,
    ];
    expect(accesses(lab)).toEqual([
      'IRS_VMAP_VMR=0x8000000000000000',
      idle,
      'IRS_VMAP_VISTR=0x8000000060000000',
      idle,
      ...vpe(0n),
      ...vpe(1n),
    ]);
    expect(['word0', 'word1', 'word3'].map((word) => slot(lab, `host.vmt0.${word}`))).toEqual([
      1n,
      (1n << 59n) | 0x10_1180_0000n,
      (5n << 59n) | 0x10_1100_0001n,
    ]);
    expect(slot(lab, 'host.vpet0.vpe1') & 1n).toBe(1n);
  });

  it('asks for doorbells of any priority in the first posting', () => {
    const lab = new SpiLab('H1', { until: 'initialised', ids: [0] });
    expect(accesses(lab)).toContain(`IRS_VPE_DBR=0x${((1n << 63n) | (31n << 32n) | 1000n).toString(16)}`);
  });
});

describe('a VM table of two levels', () => {
  const facts: IrsFacts = { vms: 256, vmTableLevels: true };

  it('gets a level-2 table with the first VM of each 128, and the IRS makes it valid', () => {
    const lab = new SpiLab('Q', { until: 'initialised', irs: facts });
    expect([slot(lab, 'host.irs.IRS_VMT_CFGR'), slot(lab, 'host.irs.IRS_VMT_BASER')]).toEqual([
      0x1_0008n,
      0x10_0000_0001n,
    ]);
    expect(accesses(lab)[0]).toBe('IRS_VMAP_L2_VMTR=0x8000000000000000');
    expect(slot(lab, 'host.vmt.level1.0')).toBe(0x10_0100_0001n);
    expect(lab.irs.tables.isValid).toBe(true);
    const second = lab.host.createVm();
    expect(initialise(second).result).toBe(0);
    expect(accesses(lab)[0]).toBe('IRS_VMAP_VMR=0x8000000000000001');
  });

  it('has its second level-2 table at VM 128', () => {
    const lab = new SpiLab('Q', { until: 'initialised', irs: { ...facts, firstVm: 128 } });
    expect(accesses(lab)[0]).toBe('IRS_VMAP_L2_VMTR=0x8000000000000080');
    expect(slot(lab, 'host.vmt.level1.1')).toBe(0x10_0100_1001n);
    lab.guest(0).run();
    expect(lab.take('vcpu.resident')).toMatchObject([{ vmId: 128 }]);
  });

  it('delivers as a linear one does', () => {
    const { lab, g0 } = ready('Q', { irs: facts });
    lab.line(5, 1);
    expect(g0.handle()).toBe(0x1_6000_0005n);
  });
});

/** A vCPU, the device, INIT. */
function initialise(vm: Vm): { readonly result: number; readonly irs: NonNullable<VmVgicV5['irs']> } {
  vm.createVcpu(0);
  vm.vcpu(0)?.init();
  vm.createDevice(DEVICE_VGIC_V5);
  const part = vm.gics.get(DEVICE_VGIC_V5);
  if (!(part instanceof VmVgicV5) || part.irs === undefined) throw new Error('no IRS');
  return { result: vm.deviceAttr('set', GROUP.CTRL, BigInt(CTRL.INIT), new UserWords()), irs: part.irs };
}

describe('limits of the host', () => {
  it('are the vCPUs that have VPEs: by id and by number, and by the device that comes after them', () => {
    const facts = { ...H5C, irs: { vpes: 2 } };
    const v5 = new Lab({ ...facts, v3Compat: false }, 'Q');
    expect(v5.vm.maxVcpusCapability).toBe(2);
    expect([v5.vm.createVcpu(2), v5.vm.createVcpu(1), v5.vm.createVcpu(0)]).toEqual([-EINVAL, 0, 0]);
    // On a host that offers a vGICv3 too, the limit comes with the device.
    const both = new Lab(facts, 'Q');
    for (const id of [0, 1, 2]) both.addVcpu(id);
    expect(both.createV5()).toBe(-E2BIG);
    expect(new Lab(facts, 'mainline').vm.maxVcpusCapability).toBe(512);
  });

  it('are no device at all where somebody has a VM table already', () => {
    const lab = new Lab({ ...H5C, irs: { vmTableInUse: true } }, 'Q');
    expect([lab.vm.createDevice(DEVICE_VGIC_V5), lab.vm.createDevice(DEVICE_VGIC_V3)]).toEqual([-ENODEV, -ENODEV]);
    expect(new Lab({ ...H5C, irs: { vmTableInUse: true } }, 'mainline').createV5()).toBe(0);
  });
});

describe('teardown', () => {
  it('makes the entry invalid, frees what was made and the id, and does nothing the second time', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    const { irs } = lab;
    lab.take();
    expect(teardown(irs)).toBe(0);
    expect(accesses(lab)).toEqual(['IRS_VMAP_VMR=0xc000000000000000', 'read IRS_VMT_STATUSR=0x1']);
    for (const path of ['vmt0.word0', 'vmt0.word1', 'vmt0.word2', 'vmt0.word3', 'vpet0.vpe0', 'vped0.vpe0'])
      expect([path, slot(lab, `host.${path}`)]).toEqual([path, 0n]);
    expect([irs.hasId, teardown(irs), lab.take().length]).toEqual([false, 0, 0]);
    expect(initialise(lab.host.createVm()).irs.vmId.lo).toBe(0);
  });

  it('leaves no candidate to the next VM that gets the id', () => {
    const { lab, g0, g1 } = ready('Q');
    g0.write('PCR', 0n);
    lab.line(5, 1);
    expect(lab.candidate(0)).toBe(SPI5);
    for (const guest of [g0, g1]) guest.stop();
    expect(teardown(lab.irs)).toBe(0);
    const { irs } = initialise(lab.host.createVm());
    expect([irs.vmId.lo, irs.word(SPI5), lab.host.irs?.domain(0).best(0).intid]).toEqual([0, 0, 0]);
  });

  it('leaks the id when the IRS does not become idle', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    lab.take();
    lab.irs.host.failNext('unmap');
    expect(teardown(lab.irs)).toBe(-ETIMEDOUT);
    expect(accesses(lab)).toEqual(['IRS_VMAP_VMR=0xc000000000000000', 'read IRS_VMT_STATUSR=0x0']);
    expect(initialise(lab.host.createVm()).irs.vmId.lo).toBe(1);
  });
});

describe('tables of interrupts', () => {
  it('of LPIs are mapped and unmapped by the guest’s own writes', () => {
    const { lab, g0 } = ready('Q');
    g0.w32(0x190, 5);
    lab.take();
    g0.w64(0x180, 0x8010_0001n);
    expect(accesses(lab)).toEqual(['IRS_VMAP_VISTR=0x8000000040000000', 'read IRS_VMT_STATUSR=0x1']);
    g0.w64(0x180, 0n);
    expect(accesses(lab)).toEqual(['IRS_VMAP_VISTR=0xc000000040000000', 'read IRS_VMT_STATUSR=0x1']);
    expect([lab.irs.hasIst(LPI), lab.irs.hasIst(SPI)]).toEqual([false, true]);
  });

  it('are written back before they are saved, and the VM is asked after each whether it stayed quiet', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    lab.take();
    expect(lab.ist('get', images(new Uint32Array(32)))).toBe(0);
    const quiet = ['IRS_SAVE_VMR=0x4000000000000000', 'read IRS_SAVE_VM_STATUSR=0x3'];
    expect(accesses(lab)).toEqual(['IRS_SAVE_VMR=0xc000000000000000', 'read IRS_SAVE_VM_STATUSR=0x3', ...quiet]);
  });

  it('are not saved when the VM wakes up, at whichever question that shows', () => {
    for (const question of [1, 2]) {
      const lab = new SpiLab('Q', { until: 'initialised' });
      let left = question;
      lab.host.observe((event) => {
        if (event.kind === 'host.irs' && event.op === 'write' && --left === 0) lab.irs.host.failNext('quiesce');
        if (event.kind === 'host.irs' && event.op === 'read' && left === 0) expect(event.value).toBe(1n);
      });
      expect([question, lab.ist('get', images(new Uint32Array(32)))]).toEqual([question, -EBUSY]);
      expect([question, left]).toEqual([question, 0]);
    }
  });

  it('are filled while the VM’s entry is invalid', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    lab.take();
    expect(lab.ist('set', images(new Uint32Array(32)))).toBe(0);
    expect(accesses(lab).filter((line) => !line.startsWith('read'))).toEqual([
      'IRS_VMAP_VMR=0xc000000000000000',
      'IRS_VMAP_VMR=0x8000000000000000',
    ]);
  });

  it('are let go of again when an image cannot be read, before the VM’s entry is made valid', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    expect([lab.irsSet(0x190, 5n), lab.irsSet(0x180, 0x1000_0001n)]).toEqual([0, 0]);
    lab.take();
    // The buffer of LPIs ends after one entry.
    expect(lab.ist('set', images(new Uint32Array(32), new Uint32Array(1), [128, 128]))).toBe(-EFAULT);
    expect(accesses(lab).filter((access) => !access.startsWith('read'))).toEqual([
      'IRS_VMAP_VISTR=0x8000000040000000',
      'IRS_VMAP_VMR=0xc000000000000000',
      'IRS_VMAP_VISTR=0xc000000040000000',
      'IRS_VMAP_VMR=0x8000000000000000',
    ]);
    expect(lab.irs.hasIst(LPI)).toBe(false);
    expect(lab.ist('set', images(new Uint32Array(32), new Uint32Array(32)))).toBe(0);
  });
});

describe('residency that the IRS refuses', () => {
  it('ends the VM: nothing runs, and every later run fails', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    lab.irs.host.failNext('resident');
    lab.take();
    const [vcpu, cpu] = [lab.vcpu(0), lab.host.cpu(0)];
    expect(vcpu.beginRun(cpu)).toBe(-EIO);
    expect(lab.kinds('vcpu.resident.fault', 'vm.dead', 'vcpu.resident', 'vcpu.entry')).toEqual([
      'vcpu.resident.fault',
      'vm.dead',
    ]);
    expect([lab.gic(0).ppis.resident.flag, vcpu.cpu, lab.vcpu(1).beginRun(cpu)]).toEqual([false, undefined, -EIO]);
  });
});
