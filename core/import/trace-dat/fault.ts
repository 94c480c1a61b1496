/** What is wrong in a trace.dat and at which byte; becomes an ImportError with the file's name at the edge. */
import { type ImportErrorCode } from '../errors.ts';

export class DatFault extends Error {
  readonly code: ImportErrorCode;
  readonly byte: number;
  readonly hint: string | undefined;

  /** @param problem a sentence; `byte` is the offset in the (decompressed) file */
  constructor(code: ImportErrorCode, byte: number, problem: string, hint?: string) {
    super(problem);
    this.name = 'DatFault';
    this.code = code;
    this.byte = byte;
    this.hint = hint;
  }
}
