/** The application: what it offers, and the files around it. See ../contract.ts for the units. */
import { z } from 'zod';
import { method, ns, ok, path, u8 } from './shapes.ts';

export const appMethods = {
  /** Version, samples, recent files, and where imports are put by default. */
  'app.info': method(
    z.object({}),
    z.object({
      version: z.string(),
      platform: z.string(),
      samples: z.array(z.object({ path, title: z.string(), summary: z.string() })),
      recent: z.array(
        z.object({
          path,
          fileName: z.string(),
          found: z.boolean(),
          bytes: z.number(),
          openedAt: z.number(),
          gic: z.string(),
          source: z.string(),
          events: z.int(),
          durationNs: ns,
          vcpus: z.int(),
          /** vCPU rows × columns event density, 0 … 255, for the small picture. */
          preview: z.object({ rows: z.int(), columns: z.int(), cells: u8 }).nullable(),
        }),
      ),
      importFolder: z.string(),
      /** What can be imported. */
      formats: z.array(z.object({ id: z.string(), title: z.string() })),
    }),
  ),
  'app.forget': method(z.object({ path }), ok),
  /** Folder listing for the browser host's open dialog; only names a trace could have, folders first. */
  'files.list': method(
    z.object({ folder: z.string().max(4096) }),
    z.object({
      folder: z.string(),
      parent: z.string().nullable(),
      entries: z.array(z.object({ name: z.string(), path, isFolder: z.boolean(), bytes: z.number() })).max(5000),
    }),
  ),
  /** What a file is, by its content, before anything is done with it. */
  'files.detect': method(
    z.object({ path }),
    z.object({
      kind: z.enum(['gscope', 'importable', 'unsupported']),
      format: z.string(),
      message: z.string(),
    }),
  ),
} as const;
