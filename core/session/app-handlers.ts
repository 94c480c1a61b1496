/** `app.*` and `files.*`: what there is to open. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { FORMATS } from '../import/import.ts';
import { detectFile } from './detect.ts';
import { listFolder } from './folder.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { listSamples } from './samples.ts';
import { type RecentTrace } from './state-file.ts';

export function appHandlers({
  options,
  state,
}: SessionContext): Group<'app.info' | 'app.forget' | 'files.list' | 'files.detect'> {
  return {
    'app.info': () => ({
      version: options.version,
      platform: process.platform,
      samples: listSamples(options.samples),
      recent: state.recent.map(recent),
      importFolder: options.imports,
      formats: FORMATS.map(({ id, title }) => ({ id, title })),
    }),
    'app.forget': ({ path }) => {
      state.forget(path);
      return {};
    },
    'files.list': ({ folder }) => listFolder(folder),
    'files.detect': ({ path }) => detectFile(path),
  };
}

function recent(trace: RecentTrace) {
  const { preview, ...rest } = trace;
  const stat = statSync(trace.path, { throwIfNoEntry: false });
  return {
    ...rest,
    fileName: basename(trace.path),
    found: stat?.isFile() === true,
    preview:
      preview === null
        ? null
        : {
            rows: preview.rows,
            columns: preview.columns,
            cells: new Uint8Array(Buffer.from(preview.base64, 'base64')),
          },
  };
}
