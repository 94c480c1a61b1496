/** What a file is, by its content, before anything is done with it. */
import { ImportError, inspect } from '../import/import.ts';
import { probe } from '../trace/file.ts';
import { type Result } from './contract.ts';

export async function detectFile(path: string): Promise<Result<'files.detect'>> {
  if (probe(path) === 'trace') return { kind: 'gscope', format: 'gscope', message: 'A gicscope trace' };
  try {
    const { format, title, because, wrappers } = await inspect(path);
    const packed = wrappers.length === 0 ? '' : `, ${wrappers.join(' in ')}`;
    return { kind: 'importable', format, message: `${title}${packed}: ${because}` };
  } catch (error) {
    if (error instanceof ImportError) return { kind: 'unsupported', format: '', message: error.message };
    throw error;
  }
}
