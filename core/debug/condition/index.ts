/** The condition language: read, print, check, complete. */
export { type Expr, type Span, ConditionError, MAX_LENGTH } from './ast.ts';
export { check, type Finding } from './check.ts';
export { complete, type Candidate, type Completion } from './complete.ts';
export { type NameSpace } from './names.ts';
export { parse } from './parse.ts';
export { formatDuration, print } from './print.ts';
