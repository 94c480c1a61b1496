/** Device attributes of the GICv2 (kvm-vgic-v3 §14, §14.9). Register accesses initialise the controller. */
import { anyRunning, give } from '../attribute.ts';
import { EBUSY, EFAULT, EINVAL, ENXIO, type Result } from '../errno.ts';
import { UNSET } from '../frame.ts';
import { GROUP } from '../uapi.ts';
import { checkRange, overlaps } from '../vgic/addresses.ts';
import { type AttributeRequest, nrIrqsAttribute, registerAttribute } from '../vgic/attribute.ts';
import { initialise } from '../vgic/init.ts';
import { type MmioSpace } from '../vgic/mmio.ts';
import { type VgicVm } from '../vgic/vm-state.ts';
import { CPU_FRAME_V2, CPU_INTERFACE_V2 } from './cpu-interface-page.ts';
import { DIST_FRAME_V2, DISTRIBUTOR_V2 } from './distributor.ts';

const ALIGN = 0x1000n;
/** Address type of the GICv3's redistributor regions. */
const REGION = 5n;

export function attributeV2(request: AttributeRequest, group: number): Result {
  switch (group) {
    case GROUP.ADDR:
      return address(request);
    case GROUP.DIST_REGS:
      return register(request, DISTRIBUTOR_V2);
    case GROUP.CPU_REGS:
      return register(request, CPU_INTERFACE_V2);
    case GROUP.NR_IRQS:
      return nrIrqsAttribute(request);
    default:
      return -ENXIO;
  }
}

function address({ vgic, op, attr, memory }: AttributeRequest): Result {
  const isDist = attr === 0n;
  const known = isDist || attr === 1n;
  if (op === 'has') return known ? 0 : -ENXIO;
  // The read of a redistributor region takes its index from the data, before GICv2 turns out to have none (§14.2).
  const value = op === 'set' || attr === REGION ? memory.load(0) : 0n;
  if (value === undefined) return -EFAULT;
  if (!known) return -ENXIO;
  const cell = isDist ? vgic.distBase : vgic.cpuBase;
  if (op === 'get') return give(memory, cell.value);
  const result = checkRange(vgic, cell.value, value, ALIGN, BigInt(isDist ? DIST_FRAME_V2 : CPU_FRAME_V2));
  if (result === 0) cell.value = value;
  return result;
}

/** The vCPU by its id in bits 39:32. A refused access does not initialise the controller. */
function register(request: AttributeRequest, space: MmioSpace): Result {
  const { vgic, attr } = request;
  const id = Number((attr >> 32n) & 0xffn);
  const actor = vgic.vcpus.find(({ vcpu }) => vcpu.id === id);
  return registerAttribute(request, space, actor, () => (anyRunning(vgic.vm) ? -EBUSY : initialise(vgic)));
}

/** The checks of the first run (§3.4). */
export function mapResources(vgic: VgicVm): Result {
  const [dist, cpu] = [vgic.distBase.value, vgic.cpuBase.value];
  if (dist === UNSET || cpu === UNSET) return -ENXIO;
  if (overlaps(dist, BigInt(DIST_FRAME_V2), cpu, BigInt(CPU_FRAME_V2))) return -EINVAL;
  return initialise(vgic);
}
