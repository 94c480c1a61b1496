/**
 * One executable instruction: a closure over its operands that changes a core. While it runs, the core's PC already
 * points behind it (`pcOf` gives its own); a branch overwrites that.
 */
import { type Fields } from '../pattern.ts';
import { type Core } from './core.ts';

export type Op = (core: Core) => void;

/** Makes the operation of a word's fields. */
export type Semantics = (fields: Fields) => Op;
