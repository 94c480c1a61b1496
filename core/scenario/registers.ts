/** Registers of a vCPU by the names that people use. */
import { type Machine } from '../machine/machine.ts';

const GENERAL = /^x([0-9]|[12][0-9]|30)$/i;

/** X0 … X30, SP, PC, PSTATE, or a register that the vCPU has a slot for; undefined: there is none of this name. */
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
  return undefined;
}
