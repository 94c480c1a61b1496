/**
 * The conditions that the breakpoint form can show: `ppi(27).pending rises if ICC_PCR_EL1.PRIORITY < 0x10`. The form and
 * the text are two views of one thing; what the form cannot show stays text. Pure.
 */
export const FORM_FIELDS = ['pending', 'active', 'enabled', 'masked', 'line'] as const;
export const FORM_EDGES = ['rises', 'falls', 'changes'] as const;
export type FormField = (typeof FORM_FIELDS)[number];
export type FormEdge = (typeof FORM_EDGES)[number];

export interface SimpleCondition {
  /** `ppi(27)`. */
  readonly interrupt: string;
  readonly field: FormField;
  readonly edge: FormEdge;
  /** vCPU named in the text. */
  readonly vcpu: number | null;
  /** What must hold besides, empty for nothing. */
  readonly onlyIf: string;
}

const FORM =
  /^\s*((?:ppi|spi|lpi|sgi|irq)\(\d+\))\.(pending|active|enabled|masked|line)\s+(rises|falls|changes)(?:\s+on\s+vcpu\s*\(?(\d+)\)?)?(?:\s+if\s+(.*?))?\s*$/i;

/** The form of a condition; undefined: only its text shows it. */
export function readSimple(text: string): SimpleCondition | undefined {
  const match = FORM.exec(text);
  const field = FORM_FIELDS.find((name) => name === match?.[2]?.toLowerCase());
  const edge = FORM_EDGES.find((name) => name === match?.[3]?.toLowerCase());
  if (match === null || field === undefined || edge === undefined) return undefined;
  const vcpu = match[4] === undefined ? null : Number(match[4]);
  return { interrupt: match[1]?.toLowerCase() ?? '', field, edge, vcpu, onlyIf: match[5] ?? '' };
}

export function writeSimple({ interrupt, field, edge, vcpu, onlyIf }: SimpleCondition): string {
  const on = vcpu === null ? '' : ` on vcpu ${vcpu}`;
  return `${interrupt}.${field} ${edge}${on}${onlyIf.trim() === '' ? '' : ` if ${onlyIf.trim()}`}`;
}

export const ACCESSES = ['read', 'write', 'access'] as const;

export interface SimpleAccess {
  readonly op: (typeof ACCESSES)[number];
  readonly register: string;
  readonly vcpu: number | null;
}

const ACCESS = /^\s*(read|write|access)\s+([A-Za-z]\w*)(?:\s+on\s+vcpu\s*\(?(\d+)\)?)?\s*$/;

/** The form of an access to a register: `write ICC_PCR_EL1 on vcpu 1`; undefined: only its text shows it. */
export function readAccess(text: string): SimpleAccess | undefined {
  const match = ACCESS.exec(text);
  const op = ACCESSES.find((name) => name === match?.[1]);
  const register = match?.[2];
  if (op === undefined || register === undefined) return undefined;
  return { op, register, vcpu: match?.[3] === undefined ? null : Number(match[3]) };
}

export function writeAccess({ op, register, vcpu }: SimpleAccess): string {
  return `${op} ${register}${vcpu === null ? '' : ` on vcpu ${vcpu}`}`;
}
