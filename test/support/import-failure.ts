import { expect } from 'vitest';
import { ImportError } from '../../core/import/errors.ts';

/** What an import is refused with; it fails the test if it is not refused, or not on purpose. */
export async function importFailure(importing: Promise<unknown>): Promise<ImportError> {
  const thrown = await importing.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ImportError);
  // Just checked.
  return thrown as ImportError;
}
