/**
 * Where an event happened, by numbers in order of creation; undefined: not tied to one. Every event is asked for its
 * place several times, so all places are made here and have one shape.
 */
export interface Place {
  readonly vm: number | undefined;
  readonly vcpu: number | undefined;
  readonly pcpu: number | undefined;
}

export const placeAt = (vm?: number, vcpu?: number, pcpu?: number): Place => ({ vm, vcpu, pcpu });

/** Of the machine as a whole. */
export const NOWHERE: Place = placeAt();
