/** Lines of events without a meaning here: kept with name and text. */
import { NOBODY } from '../trace-line.ts';
import { type Observe } from './scene.ts';

const LONGEST_TEXT = 1000;

export const other: Observe = (line, vcpu, scene) => {
  const text = line.text.slice(line.textStart, line.textStart + LONGEST_TEXT);
  const detail = text === '' ? {} : { detail: { text } };
  scene.emit(line, vcpu, 'unknown', { kind: 'other', event: line.name, ...detail });
};

/** An unknown event proves nothing about any vCPU. */
export const unknown: Observe = (line, _vcpu, scene) => other(line, NOBODY, scene);
