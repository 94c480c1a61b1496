/**
 * Failures as they cross the contract: a stable code and a sentence for a person. Stacks and classes stay behind.
 */
import type { SessionFailure } from './contract.ts';

const CODES: Record<SessionFailure['code'], true> = {
  'bad-input': true,
  usage: true,
  'not-found': true,
  cancelled: true,
  internal: true,
};
/** Longest message that is carried; the rest is cut. */
const LONGEST_MESSAGE = 16_384;

function isCode(code: unknown): code is SessionFailure['code'] {
  return typeof code === 'string' && Object.hasOwn(CODES, code);
}

/** The error that a front end catches. */
export class SessionError extends Error implements SessionFailure {
  readonly code: SessionFailure['code'];

  constructor(failure: SessionFailure) {
    super(failure.message);
    this.name = 'SessionError';
    this.code = failure.code;
  }
}

/** What may cross of anything that was thrown: known codes stay, an abort is `cancelled`, the rest is `internal`. */
export function failureOf(thrown: unknown): SessionFailure {
  if (typeof thrown !== 'object' || thrown === null) return { code: 'internal', message: String(thrown) };
  const message = 'message' in thrown && typeof thrown.message === 'string' ? thrown.message : 'unknown failure';
  const cut = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  if ('code' in thrown && isCode(thrown.code)) return { code: thrown.code, message: cut };
  if ('name' in thrown && thrown.name === 'AbortError') return { code: 'cancelled', message: 'cancelled' };
  return { code: 'internal', message: cut };
}
