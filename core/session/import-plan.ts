/** `import.plan`: what an import would do, where its trace would go, and whether there is room for it. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { planImport } from '../import/import.ts';
import { type Args, type Result } from './contract.ts';
import { freeOutput, roomFor } from './import-task.ts';

export async function planOf(
  imports: string,
  { files, format, offsets }: Args<'import.plan'>,
): Promise<Result<'import.plan'>> {
  const paths = files.map((file) => resolve(file));
  const plan = await planImport(paths, {
    ...(format === undefined ? {} : { format }),
    ...(offsets === undefined ? {} : { offsets: offsets.map((offset) => offset ?? undefined) }),
  });
  return {
    files: plan.files.map(({ file, format: found, message, wrappers }) => ({
      path: file,
      bytes: statSync(file, { throwIfNoEntry: false })?.size ?? 0,
      format: found?.id ?? '',
      message,
      follows: found?.follows === true && wrappers.length === 0,
    })),
    recordings: plan.recordings.map(({ files: members, placed }) => ({ files: [...members], placed })),
    output: freeOutput(imports, paths[0] ?? ''),
    room: roomFor(paths, existing(imports)),
    problem: plan.problem ?? '',
  };
}

/** The folder, or the nearest one above it that is there. */
function existing(folder: string): string {
  let at = resolve(folder);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}
