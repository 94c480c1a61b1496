/**
 * The one wrapper round every call: arguments are checked against the contract before a handler sees them, and
 * whatever a handler throws becomes a `SessionError` with a stable code.
 */
import { ZodError } from 'zod';
import { CONTRACT, type Args, type Method } from './contract.ts';
import { failureOf, SessionError } from './failure.ts';
import { fileFailure } from './file-failure.ts';

export function isMethod(name: string): name is Method {
  return Object.hasOwn(CONTRACT, name);
}

/**
 * Arguments as the contract has them.
 * @throws SessionError `usage` that names the argument and what was expected.
 */
export function checkArgs<M extends Method>(method: M, args: unknown): Args<M> {
  try {
    // The schema of M parses to Args<M> by definition; indexing the contract by M loses that.
    return CONTRACT[method].args.parse(args) as Args<M>;
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const issue = error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? 'arguments' : issue.path.join('.');
    throw new SessionError({ code: 'usage', message: `${method}: ${where}: ${issue?.message ?? 'invalid'}` });
  }
}

/** Errors of the rooms below that speak of what a person gave: a file, a condition, a position, a glob. */
const BAD_INPUT = new Set([
  'TraceError',
  'ImportError',
  'ConditionError',
  'PositionError',
  'ReportError',
  'SqliteError',
  'ScenarioError',
]);

export function toSessionError(error: unknown): SessionError {
  if (error instanceof SessionError) return error;
  if (error instanceof Error && (BAD_INPUT.has(error.name) || error instanceof RangeError))
    return new SessionError({ code: 'bad-input', message: error.message });
  return new SessionError(fileFailure(error) ?? failureOf(error));
}
