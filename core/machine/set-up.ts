/**
 * What a VMM does between creating a VM and running its vCPUs: vCPU init, device and its attributes, CTRL_INIT,
 * companions, PMU. Scenarios that test the ioctls themselves leave this out and make the calls one by one.
 */
import { CTRL, GROUP, PMU_ATTRIBUTE, UserWords, VCPU_GROUP } from '../kvm/uapi.ts';
import { FEATURE } from '../kvm/vcpu-slots.ts';
import { type Vcpu } from '../kvm/vcpu.ts';
import { type Vm } from '../kvm/vm.ts';
import { PMUIRQ } from '../gic/v5/ppi.ts';
import { type MachineConfig } from './config.ts';
import { type Thread } from './thread.ts';

/** One call of user space; its result, 0 or an errno. */
type Call = () => number;

/** Makes the calls in order up to the first whose result is not 0, which it returns. */
export function setUp({ vm, config, threads }: Machine): number {
  const calls = [...vcpuCalls(config, threads), ...deviceCalls(config, vm), ...pmuCalls(config, vm, threads)];
  for (const call of calls) {
    const result = call();
    if (result !== 0) return result;
  }
  return 0;
}

interface Machine {
  readonly vm: Vm;
  readonly config: MachineConfig;
  readonly threads: readonly Thread[];
}

function vcpuCalls({ vcpus }: MachineConfig, threads: readonly Thread[]): Call[] {
  return threads.map(
    ({ vcpu, index }) =>
      () =>
        vcpu.init(vcpus[index]?.features ?? 0),
  );
}

function deviceCalls({ device, attributes, companions }: MachineConfig, vm: Vm): Call[] {
  if (device === 0) return [];
  const calls = [() => vm.createDevice(device)];
  for (const { group, attr, value } of attributes ?? [])
    calls.push(() => vm.deviceAttr('set', group, attr, new UserWords(value)));
  calls.push(() => vm.deviceAttr('set', GROUP.CTRL, BigInt(CTRL.INIT), new UserWords()));
  for (const [index, companion] of (companions ?? []).entries()) {
    const { type } = companion;
    calls.push(() => vm.createDevice(type));
    for (const { group, attr, value } of companion.attributes)
      calls.push(() => vm.companionAttr({ type, index }, 'set', group, attr, new UserWords(value)));
  }
  return calls;
}

function pmuCalls({ vcpus }: MachineConfig, vm: Vm, threads: readonly Thread[]): Call[] {
  return threads
    .filter(({ index }) => ((vcpus[index]?.features ?? 0) & FEATURE.PMU) !== 0)
    .flatMap(({ vcpu }) => [() => pmuInterrupt(vcpu, vm), () => pmuAttribute(vcpu, PMU_ATTRIBUTE.INIT)]);
}

/** Where KVM knows no interrupt for it, user space takes the one that everybody takes (kvm-vgic-v3 §13.1). */
function pmuInterrupt(vcpu: Vcpu, vm: Vm): number {
  if (vm.gic?.hasDefaultPmuIntid !== false) return 0;
  return pmuAttribute(vcpu, PMU_ATTRIBUTE.IRQ, BigInt(PMUIRQ));
}

function pmuAttribute(vcpu: Vcpu, attribute: number, ...words: readonly bigint[]): number {
  return vcpu.attribute('set', VCPU_GROUP.PMU_V3_CTRL, BigInt(attribute), new UserWords(...words));
}
