/** Lines of events without a meaning here: kept with name and text; they prove nothing. */
import { type Meaning } from './scene.ts';

const LONGEST_TEXT = 1000;

export const OTHER: Meaning = {
  tell: (line, vcpu, scene) => {
    const text = line.text.slice(line.textStart, line.textStart + LONGEST_TEXT);
    const detail = text === '' ? {} : { detail: { text } };
    scene.emit(line, vcpu, 'unknown', { kind: 'other', event: line.name, ...detail });
  },
};
