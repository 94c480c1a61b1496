/** Machines of a few lines for tests: a prologue that opens the CPU interface, a vector table, and a program. */
import { assemble } from '../../../core/machine/a64/index.ts';
import { type MachineConfig, type VcpuConfig } from '../../../core/machine/config.ts';
import { Machine } from '../../../core/machine/machine.ts';
import { type HostFacts, REFERENCE_HOST } from '../../../core/kvm/host-facts.ts';
import { MAINLINE } from '../../../core/kvm/profiles.ts';
import { DEVICE_VGIC_V5 } from '../../../core/kvm/uapi.ts';

/** All PPIs at priority 16, mask open, interface on, vectors installed; `x9` holds the PPIs to enable. */
export const PROLOGUE = `
  ldr x1, =vectors
  msr VBAR_EL1, x1
  ldr x1, =0x1010101010101010
  msr ICC_PPI_PRIORITYR0_EL1, x1
  msr ICC_PPI_PRIORITYR2_EL1, x1
  msr ICC_PPI_PRIORITYR3_EL1, x1
  mov x1, #0x1f
  msr ICC_PCR_EL1, x1
  mov x1, #1
  msr ICC_CR0_EL1, x1
  msr ICC_PPI_ENABLER0_EL1, x9
`;

/** IRQs of EL1 go to \`irq\`, everything else stops there. */
export const VECTORS = `
  .balign 2048
vectors:
  b .
  .balign 128
  b .
  .balign 128
  b .
  .balign 128
  b .
  .balign 128
  b .
  .balign 128
  b irq
`;

export const SYSTEM_OFF = `
  ldr x0, =0x84000008
  hvc #0
`;

/** Arms CNTV every 1000 ticks and counts its interrupts in x10. */
export const TICKS = `
start:
  ldr x9, =0x8000008
${PROLOGUE}
  mrs x2, CNTVCT_EL0
  add x2, x2, #1000
  msr CNTV_CVAL_EL0, x2
  mov x1, #1
  msr CNTV_CTL_EL0, x1
  mov x10, #0
  msr DAIFClr, #2
idle:
  wfi
  cmp x10, #5
  b.lt idle
${SYSTEM_OFF}
irq:
  gicr x5, cdia
  gsb ack
  isb
  add x10, x10, #1
  mrs x2, CNTV_CVAL_EL0
  add x2, x2, #1000
  msr CNTV_CVAL_EL0, x2
  and x5, x5, #0xffffffff
  gic cddi, x5
  gic cdeoi
  eret
${VECTORS}
`;

export interface Options extends Partial<Omit<MachineConfig, 'vcpus' | 'facts'>> {
  readonly facts?: Partial<HostFacts>;
  readonly vcpus?: readonly Partial<VcpuConfig>[];
}

/** A machine that has created its VM and is set up, not started. */
export function machineOf(source: string, { facts, vcpus = [{}], ...more }: Options = {}): Machine {
  const result = assemble(source, { model: 'v5' });
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  const { origin, bytes, symbols } = result.program;
  const machine = new Machine({
    facts: { ...REFERENCE_HOST, ...facts },
    profile: MAINLINE,
    vcpus: vcpus.map((vcpu, id) => ({
      id,
      features: 0,
      entry: symbols.get(`start${id}`) ?? symbols.get('start') ?? origin,
      pcpu: 0,
      starts: 'on',
      ...vcpu,
    })),
    device: DEVICE_VGIC_V5,
    ram: { base: 0x4000_0000n, size: 1 << 20 },
    images: [{ address: origin, bytes }],
    slice: 16,
    timeslice: 500n,
    hostTasks: 0,
    seed: 0,
    ...more,
  });
  machine.create();
  const result0 = machine.setUp();
  if (result0 !== 0) throw new Error(`set up: ${result0}`);
  return machine;
}

/** X register of a vCPU. */
export const x = (machine: Machine, register: number, vcpu = 0): bigint => machine.thread(vcpu).core.x(register);
