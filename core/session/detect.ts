/** What a file is, by its content, before anything is done with it. */
import { ImportError, inspect, packed } from '../import/import.ts';
import { probe } from '../trace/file.ts';
import { ScenarioError } from '../scenario/index.ts';
import { type Result } from './contract.ts';
import { isScenarioFile, readScenario } from './scenario-file.ts';

export async function detectFile(path: string): Promise<Result<'files.detect'>> {
  if (probe(path) === 'trace') return { kind: 'gscope', format: 'gscope', message: 'A gicscope trace' };
  if (isScenarioFile(path)) return detectScenario(path);
  try {
    const { format, title, because, wrappers } = await inspect(path);
    return { kind: 'importable', format, message: `${title}${packed(wrappers)}: ${because}` };
  } catch (error) {
    if (error instanceof ImportError) return { kind: 'unsupported', format: '', message: error.message };
    throw error;
  }
}

/** Importing a scenario records it. */
function detectScenario(path: string): Result<'files.detect'> {
  try {
    const { data } = readScenario(path);
    return { kind: 'importable', format: 'scenario', message: `Scenario: ${data.title ?? data.name}` };
  } catch (error) {
    if (error instanceof ScenarioError) return { kind: 'unsupported', format: 'scenario', message: error.message };
    throw error;
  }
}
