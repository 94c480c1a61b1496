/** What is wrong with a scenario, for a person: file, line, column, what was expected. */

export interface ScenarioProblem {
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** What was expected, and what was found. */
  readonly message: string;
}

const MOST_SHOWN = 20;

/** Everything that a bad scenario throws; the message has one line per problem, `file:line:column: …`. */
export class ScenarioError extends Error {
  readonly file: string;
  readonly problems: readonly ScenarioProblem[];

  constructor(file: string, problems: readonly ScenarioProblem[]) {
    const lines = problems
      .slice(0, MOST_SHOWN)
      .map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
    if (problems.length > MOST_SHOWN) lines.push(`${file}: ${problems.length - MOST_SHOWN} more problems`);
    super(lines.join('\n'));
    this.name = 'ScenarioError';
    this.file = file;
    this.problems = problems;
  }
}
