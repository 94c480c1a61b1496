/** What the user says of the machine that was recorded: a device tree, or the places of its register frames. */
import { readFileSync, statSync } from 'node:fs';
import { readDeviceTree } from '../import/machine/device-tree.ts';
import { type Machine, modelOf } from '../import/machine/machine.ts';
import { type Args } from './contract.ts';
import { SessionError } from './failure.ts';
import { fileFailure } from './file-failure.ts';

/** The kernel takes no larger one. */
const LARGEST_TREE = 2 * 1024 * 1024;

/** Undefined: nothing is said. @throws SessionError `usage`, ImportError for a file that is no device tree with a GIC */
export function recordedMachine({ dtb, frames }: Pick<Args<'import.start'>, 'dtb' | 'frames'>): Machine | undefined {
  if (dtb !== undefined) return readDeviceTree(bytesOf(dtb), dtb);
  if (frames === undefined || frames.length === 0) return undefined;
  const gic = modelOf(frames);
  if (gic === 'unknown')
    throw new SessionError({
      code: 'usage',
      message: 'frames of an ITS alone do not say which GIC it is: name GICD or IRS',
    });
  return { gic, frames: frames.map(({ name, base }) => ({ name, base: BigInt(base) })), from: 'the user' };
}

function bytesOf(file: string): Uint8Array {
  try {
    const found = statSync(file);
    const { size } = found;
    // The system's refusal would not name it.
    if (found.isDirectory())
      throw new SessionError({ code: 'bad-input', message: `${file}: this is a folder; a device tree is a file.` });
    if (size > LARGEST_TREE)
      throw new SessionError({
        code: 'bad-input',
        message: `${file} has ${size} bytes; a device tree has at most ${LARGEST_TREE}.`,
      });
    return readFileSync(file);
  } catch (thrown) {
    const failure = fileFailure(thrown);
    throw failure === undefined ? thrown : new SessionError(failure);
  }
}
