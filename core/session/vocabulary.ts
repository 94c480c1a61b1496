/** Words and numbers of the contract that front ends need at run time, without the schemas. */
export { RUN_STATES, type RunState } from '../trace/kinds.ts';
export { parseDuration } from '../state/units.ts';
export { FRAME_LIST_FORM, parseFrameList, type FrameBase } from '../import/machine/frame-list.ts';
export { LEGS } from '../trace/life.ts';
export {
  STATE_ACTIVE,
  STATE_ACTIVE_KNOWN,
  STATE_CODES,
  STATE_ENABLED,
  STATE_ENABLED_KNOWN,
  STATE_LINE,
  STATE_LINE_KNOWN,
  STATE_MASKED,
  STATE_PENDING,
  STATE_PENDING_KNOWN,
  interruptLabel,
  isLineAlone,
  type InterruptField,
} from '../trace/interrupts.ts';
export { lanesOf } from './lane-columns.ts';
