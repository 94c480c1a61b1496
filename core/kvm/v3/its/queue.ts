/**
 * The command queue (kvm-vgic-v3 §10.5): executed synchronously inside the write that announces commands, from
 * GITS_CREADR to GITS_CWRITER, around the end of the ring. A command that cannot be read is passed over.
 */
import { type KvmEvent } from '../../events.ts';
import { COMMANDS, decodeCommand, type ItsCommand } from './commands.ts';
import { type Its } from './its.ts';

const COMMAND = 32;
const WORD = 8n;
const QUEUE_ADDRESS = 0xf_ffff_ffff_f000n;
/** GITS_CWRITER.Offset, GITS_CREADR.Offset. */
export const OFFSET_MASK = 0xf_ffe0n;

/** Bytes of the queue. */
export function queueBytes(cbaser: bigint): number {
  return (Number(cbaser & 0xffn) + 1) * 4096;
}

export function processCommands(its: Its): void {
  if (!its.enabled.flag) return;
  const base = its.cbaser.value & QUEUE_ADDRESS;
  const end = queueBytes(its.cbaser.value);
  while (its.creadr.lo !== its.cwriter.lo) {
    const words = commandAt(its, base + BigInt(its.creadr.lo));
    if (words === undefined)
      its.tell({ kind: 'its.command', its: its.index, command: 'unreadable', outcome: 'EFAULT', fields: {} });
    else execute(its, words);
    const next = its.creadr.lo + COMMAND;
    its.creadr.set(next === end ? 0 : next);
  }
}

type Words = readonly [bigint, bigint, bigint, bigint];

function commandAt({ vgic }: Its, address: bigint): Words | undefined {
  const words = [0n, 1n, 2n, 3n].map((n) => vgic.vm.memory.load(address + n * WORD, 8));
  const [w0, w1, w2, w3] = words;
  if (w0 === undefined || w1 === undefined || w2 === undefined || w3 === undefined) return undefined;
  return [w0, w1, w2, w3];
}

function execute(its: Its, words: Words): void {
  const command = decodeCommand(words);
  const row = COMMANDS.get(command.opcode);
  const outcome = row?.run(its, command) ?? 'ignored';
  its.tell({
    kind: 'its.command',
    its: its.index,
    command: row?.name ?? `0x${command.opcode.toString(16)}`,
    outcome,
    fields: fieldsOf(command, row?.fields ?? []),
  });
}

function fieldsOf(
  command: ItsCommand,
  names: readonly (keyof ItsCommand)[],
): Extract<KvmEvent, { kind: 'its.command' }>['fields'] {
  return Object.fromEntries(names.map((name) => [name, command[name]]));
}
