/** Registers of a vCPU by the names that people use. */
import { type Machine } from '../machine/machine.ts';

const GENERAL = /^x([0-9]|[12][0-9]|30)$/i;

/** X0 … X30, SP, PC, PSTATE, a register that the vCPU has a slot for, or one of its interface; undefined: none of this name. */
export function readRegister(machine: Machine, vcpu: number, name: string): bigint | undefined {
  const { core } = machine.thread(vcpu);
  const general = GENERAL.exec(name)?.[1];
  if (general !== undefined) return core.x(Number(general));
  if (/^sp$/i.test(name)) return core.sp;
  const { layout, state } = machine.journal;
  for (const path of [`vcpu${vcpu}.${name}`, `vcpu${vcpu}.guest.${name}`]) {
    const slot = layout.find(path);
    if (slot !== undefined) return state.read(slot);
  }
  return machine.thread(vcpu).vcpu.gic?.inspect?.(name);
}

/** Names that `readRegister` knows, as far as they are few: general registers and slots of the vCPU. */
export function registerNames(machine: Machine, vcpu: number): string[] {
  const general = [...Array.from({ length: 31 }, (_, n) => `X${n}`), 'SP'];
  const prefix = `vcpu${vcpu}.`;
  const slots = machine.journal.layout.slots.flatMap(({ path }) =>
    path.startsWith(prefix) ? [path.slice(prefix.length).replace(/^guest\./, '')] : [],
  );
  return [...new Set([...general, ...slots])];
}
