/** A guest's PSCI calls, and switching vCPUs on and off. */
import { type Machine } from './machine.ts';
import { isWide, PSCI, PSCI_VERSION, psciFunction, type PsciAction } from './psci.ts';
import { type Thread } from './thread.ts';

/** Answers the call in the registers of a thread that has exited for it. */
export function hypercall(machine: Machine, thread: Thread): void {
  const { core, vcpu } = thread;
  const id = Number(core.x(0) & 0xffff_ffffn);
  const x1 = core.x(1);
  const argument = (n: number): bigint => (isWide(id) ? core.x(n) : core.x(n) & 0xffff_ffffn);
  const known = psciFunction(id);
  const result =
    known === undefined
      ? PSCI.NOT_SUPPORTED
      : answer(machine, thread, known.action, argument(1), argument(2), argument(3));
  core.setX(0, BigInt.asUintN(64, result));
  machine.emit(
    {
      kind: 'guest.psci',
      function: known?.name ?? `0x${id.toString(16)}`,
      x0: BigInt(id),
      x1,
      result: BigInt.asUintN(64, result),
    },
    vcpu.place,
  );
}

function answer(machine: Machine, thread: Thread, action: PsciAction, x1: bigint, x2: bigint, x3: bigint): bigint {
  switch (action) {
    case 'version':
      return PSCI_VERSION;
    case 'features':
      return psciFunction(Number(x1 & 0xffff_ffffn)) === undefined ? PSCI.NOT_SUPPORTED : PSCI.SUCCESS;
    case 'cpuOff':
      powerOff(thread);
      return PSCI.SUCCESS;
    case 'systemOff':
      for (const each of machine.threads) powerOff(each);
      return PSCI.SUCCESS;
    case 'cpuOn':
      return powerOn(machine, x1, x2, x3);
  }
}

function powerOff(thread: Thread): void {
  const { vcpu } = thread;
  if (thread.status === 'off' || thread.status === 'ended') return;
  if (vcpu.inGuest) vcpu.exit('powerOff');
  if (vcpu.cpu !== undefined) vcpu.put();
  thread.inWait.flag = false;
  thread.status = 'off';
  vcpu.setPoweredOff(true);
}

/** `target`: the affinity fields of MPIDR_EL1, every other bit 0. */
function powerOn(machine: Machine, target: bigint, entry: bigint, context: bigint): bigint {
  const thread = machine.threads.find(({ vcpu }) => vcpu.slots.affinity === target);
  if (thread === undefined) return PSCI.INVALID_PARAMETERS;
  if (thread.status !== 'off') return PSCI.ALREADY_ON;
  const { vcpu, core } = thread;
  machine.touch(thread);
  if (vcpu.slots.hasRun.flag) vcpu.reset();
  core.reset(entry);
  core.setX(0, context);
  thread.since = machine.ticks;
  thread.status = 'ready';
  vcpu.setPoweredOff(false);
  return PSCI.SUCCESS;
}
