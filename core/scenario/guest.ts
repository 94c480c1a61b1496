/** The guest's programs of a scenario as bytes in memory, with their labels. */
import { assemble, type Program } from '../machine/a64/index.ts';
import { type ImageConfig } from '../machine/config.ts';
import { DEVICES } from './devices.ts';
import { type ScenarioProblem } from './errors.ts';
import { type ScenarioData } from './schema.ts';
import { type Path, type Source } from './source.ts';

/** Names that programs may use: PPI numbers and PSCI functions. */
const CONSTANTS: ReadonlyMap<string, bigint> = new Map([
  ['PPI_SW', 3n],
  ['PPI_PMU', 23n],
  ['PPI_CNTHP', 26n],
  ['PPI_CNTV', 27n],
  ['PPI_CNTHV', 28n],
  ['PPI_CNTP', 30n],
  ['PSCI_CPU_OFF', 0x8400_0002n],
  ['PSCI_CPU_ON', 0xc400_0003n],
  ['PSCI_SYSTEM_OFF', 0x8400_0008n],
]);
/** First vector for exceptions from EL1 with its own stack. */
const OWN_LEVEL = 4;
const PROGRAM_ALIGNMENT = 0x1_0000n;

/** A program as the scenario's author wrote it, and what became of it. */
export interface GuestSource {
  readonly text: string;
  /** Place of the text in the scenario. */
  readonly path: Path;
  readonly program: Program;
}

export interface Guest {
  /** The programs by number; a vCPU without one of its own runs the last. Empty for an image. */
  readonly sources: readonly GuestSource[];
  readonly images: readonly ImageConfig[];
  /** Address of a label as vCPU `vcpu` sees it. */
  labelOf(name: string, vcpu: number): bigint | undefined;
  /** Every label's name. */
  readonly labels: readonly string[];
  /** Where vCPU `vcpu` starts. */
  entryOf(vcpu: number): bigint;
}

/** @throws ScenarioError for everything that the assembler finds, at its place in the file. */
export function buildGuest(source: Source, data: ScenarioData, readImage: (path: string) => Uint8Array): Guest {
  const { guest } = data;
  if (guest.image !== undefined) return imageGuest(source, guest.image, guest.base, guest.entry, readImage);
  const texts: [string, Path][] =
    guest.programs === undefined
      ? [[guest.program ?? '', ['guest', 'program']]]
      : guest.programs.map((text, index) => [text, ['guest', 'programs', index]]);
  const problems: ScenarioProblem[] = [];
  const sources: GuestSource[] = [];
  const { symbols, registers: model } = DEVICES[data.vm.device];
  const names = { symbols: new Map([...CONSTANTS, ...symbols]), model };
  let origin = guest.base;
  for (const [text, path] of texts) {
    const lines = text.split('\n').length;
    const assembled = assemble(`${text}\n${vectorTable(guest.vectors)}`, { origin, ...names });
    if (assembled.ok) {
      sources.push({ text, path, program: assembled.program });
      const end = origin + BigInt(assembled.program.bytes.length);
      origin = ((end + PROGRAM_ALIGNMENT - 1n) / PROGRAM_ALIGNMENT) * PROGRAM_ALIGNMENT;
      continue;
    }
    for (const { line, column, expected, found } of assembled.errors)
      problems.push(
        line > lines
          ? { ...source.locate(['guest', 'vectors']), message: `expected ${expected}, found ${found}` }
          : { ...source.locateInText(path, { line, column }), message: `expected ${expected}, found ${found}` },
      );
  }
  if (problems.length > 0) throw source.fail(problems);
  const programs = sources.map(({ program }) => program);
  const programOf = (vcpu: number): Program | undefined => programs[Math.min(vcpu, programs.length - 1)];
  return {
    sources,
    images: programs.map((program) => ({ address: program.origin, bytes: program.bytes })),
    labels: [...new Set(programs.flatMap(({ labels }) => [...labels]))],
    labelOf: (name, vcpu) => {
      const program = programOf(vcpu);
      return program?.labels.has(name) === true ? program.symbols.get(name) : undefined;
    },
    entryOf: (vcpu) => {
      const program = programOf(vcpu);
      return (
        guest.entry ??
        program?.symbols.get(`start${vcpu}`) ??
        program?.symbols.get('start') ??
        program?.origin ??
        guest.base
      );
    },
  };
}

function imageGuest(
  source: Source,
  path: string,
  base: bigint,
  entry: bigint | undefined,
  readImage: (path: string) => Uint8Array,
): Guest {
  let bytes: Uint8Array;
  try {
    bytes = readImage(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw source.error(['guest', 'image'], `expected a file with the guest's memory image: ${reason}`);
  }
  return {
    sources: [],
    images: [{ address: base, bytes }],
    labels: [],
    labelOf: () => undefined,
    entryOf: () => entry ?? base,
  };
}

/** A vector table named \`vectors\`: synchronous exceptions, IRQs and FIQs of EL1 go to their handlers, the others stop. */
function vectorTable(handlers: ScenarioData['guest']['vectors']): string {
  if (handlers === undefined) return '';
  const { sync, irq, fiq } = handlers;
  const entry = (n: number): string => {
    return `  .balign 128\n  b ${[sync, irq, fiq][n - OWN_LEVEL] ?? '.'}`;
  };
  return `  .balign 2048\nvectors:\n${Array.from({ length: 16 }, (_, n) => entry(n)).join('\n')}\n`;
}
