/** What an ITS is doing between two lines: a translation or command names the interrupt only in the table line after it. */

/** What becomes of the interrupt that the next interrupt table entry names. */
export type ItsPurpose = 'message' | 'command INT' | 'clear';

export class ItsTranslation {
  #purpose: ItsPurpose | undefined;
  #number: number | undefined;
  /** What the last entry that was read is for. */
  current: ItsPurpose | undefined;

  /** A message or command: the entry that it reads says which interrupt. */
  begin(purpose: ItsPurpose | undefined): void {
    this.#purpose = purpose;
    this.#number = undefined;
  }

  /** An entry was read, that of this interrupt or none; gives what for, once. */
  entry(number: number | undefined): ItsPurpose | undefined {
    this.current = number === undefined ? undefined : this.#purpose;
    this.#purpose = undefined;
    this.#number = this.current === undefined ? undefined : number;
    return this.current;
  }

  /** The interrupt whose collection is read now, once. */
  collection(): number | undefined {
    const number = this.#number;
    this.#number = undefined;
    return number;
  }
}
