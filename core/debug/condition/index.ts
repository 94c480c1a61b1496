/** The condition language: read, print, check, complete. */
export { ConditionError } from './ast.ts';
export { check } from './check.ts';
export { complete } from './complete.ts';
export { type NameSpace } from './names.ts';
export { parse } from './parse.ts';
export { print } from './print.ts';
