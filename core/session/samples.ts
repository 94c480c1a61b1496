/** The bundled samples: `samples.json` beside them says what each one shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const listSchema = z
  .array(z.object({ file: z.string().regex(/^[\w.-]+$/), title: z.string(), summary: z.string() }))
  .max(200);

export interface Sample {
  readonly path: string;
  readonly title: string;
  readonly summary: string;
}

/** @throws an Error that names the list when it is missing or malformed: the installation is damaged. */
export function listSamples(folder: string): Sample[] {
  const file = join(folder, 'samples.json');
  const parsed = listSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}: ${parsed.error.issues[0]?.message ?? 'malformed'}`);
  return parsed.data.map(({ file: name, title, summary }) => ({ path: join(folder, name), title, summary }));
}
