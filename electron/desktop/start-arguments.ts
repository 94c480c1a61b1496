/** Which trace the application was started with: by hand, by a double click, or a second time. */
import { resolve } from 'node:path';
import { z } from 'zod';

/** What a second start hands to the first; its own argument list may be reordered on the way. */
export const secondStartSchema = z.object({ trace: z.string().max(4096).nullable() });
export type SecondStart = z.infer<typeof secondStartSchema>;

/**
 * The trace among the arguments: the last one that is no switch. While the application is not packaged, the first one
 * that is no switch is the application's folder.
 */
export function traceArgument(argv: readonly string[], isPackaged: boolean, cwd: string): string | undefined {
  const given = argv.slice(1);
  const application = isPackaged ? -1 : given.findIndex((argument) => !argument.startsWith('-'));
  const own = given.slice(application + 1);
  const end = own.indexOf('--');
  const files = end === -1 ? own.filter((argument) => !argument.startsWith('-')) : own.slice(end + 1);
  const last = files.at(-1);
  return last === undefined || last === '' ? undefined : resolve(cwd, last);
}
