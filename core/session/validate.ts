/**
 * The one wrapper round every call: arguments are checked against the contract before a handler sees them, and
 * whatever a handler throws becomes a `SessionFailure`.
 */
import { ZodError } from 'zod';
import { CONTRACT, type Args, type Method, type SessionFailure } from './contract.ts';

/** Thrown by handlers for failures that a person can act on. */
export class SessionError extends Error implements SessionFailure {
  override readonly name = 'SessionError';
  readonly code: SessionFailure['code'];

  constructor(code: SessionFailure['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

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
    throw new SessionError('usage', `${method}: ${where}: ${issue?.message ?? 'invalid'}`, { cause: error });
  }
}

/** Error classes of the rooms below carry a stable `code`; these are the ones that mean bad input. */
export function toFailure(error: unknown): SessionError {
  if (error instanceof SessionError) return error;
  if (error instanceof Error) {
    if (error.name === 'AbortError') return new SessionError('cancelled', 'cancelled', { cause: error });
    if (['TraceError', 'ImportError', 'ConditionError', 'SyntaxError', 'PositionError'].includes(error.name))
      return new SessionError('bad-input', error.message, { cause: error });
    return new SessionError('internal', error.message, { cause: error });
  }
  return new SessionError('internal', String(error));
}
