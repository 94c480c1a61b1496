/**
 * docs/cli.md from the command table and the JSON shapes, so that neither can drift from what the program does.
 */
import { z } from 'zod';
import { type ArgumentSpec, type Command, type OptionSpec } from './command.ts';
import { SHAPES, SHAPES_VERSION } from './shapes.ts';

export function cliDocs(commands: readonly Command[]): string {
  return [HEAD, ...commands.map(commandSection), jsonSection()].join('\n');
}

const HEAD = `<!-- Made from the command table by core/cli/write-docs.ts: change core/cli/commands instead. -->

# The command line

Everything that the window can do to a trace, the command line can too, over ssh and in CI. From a checkout:
\`npx gicscope …\`. Every command has \`--help\` with examples.

- **Positions** (\`--at\`, \`--from\`, \`--to\`, \`--diff\`): \`'#1234'\` or \`1234\` is an event; \`12.5ms\`, \`1.234567s\` and
  \`1234567ns\` are times since the start; \`12%\`; \`end\`. A shell takes \`#\` for a comment, so quote it. A time means the last
  event until then, after \`--from\` the first event from then on. First and last positions are included.
- **Conditions** (\`--where\`, \`find\`): \`ppi(27).pending rises on vcpu 1\`, \`write ICC_PPI_ENABLER0_EL1 where value & 0x8\`,
  \`kind == irq.acknowledge\`, \`#120..#180\`. An error points at the character that is wrong.
- **Output** goes to standard output, messages and progress to standard error. \`--json\` prints one JSON document, for
  streams one document a line, and nothing else. Colours and progress appear on a terminal only; \`NO_COLOR\` turns colours
  off. \`-\` stands for standard input or output where it makes sense.
- **Exit codes**: 0 done; 1 a check found something; 2 wrong usage; 3 bad input (the message names file, line or byte, and
  what was expected); 4 internal error (\`GICSCOPE_DEBUG=1\` prints its stack); 130 stopped by Ctrl-C. A reader that goes away
  (\`| head\`) ends a command with 0.
- **Files** are replaced with \`--overwrite\` only.
`;

function commandSection(command: Command): string {
  const args = Object.values(command.arguments);
  const options = Object.values(command.options);
  const usage = ['gicscope', command.name, ...args.map(argumentForm), ...options.map(optionForm)].join(' ');
  const list = [
    ...args.map(({ name, description }) => `- \`${name}\`: ${plain(description)}`),
    ...options.map((option) => `- \`${optionNames(option)}\`: ${plain(option.description)}${defaultText(option)}`),
  ];
  const examples = command.examples.map(({ command: typed, says }) => `# ${says}\n${typed}\n`);
  return [
    `## \`gicscope ${command.name}\`\n`,
    `${plain(command.description)}\n`,
    `\`\`\`text\n${usage}\n\`\`\`\n`,
    ...(list.length === 0 ? [] : [`${list.join('\n')}\n`]),
    `\`\`\`sh\n${examples.join('\n')}\`\`\`\n`,
    ...(command.json === undefined ? [] : [`JSON: [\`${command.json}\`](#json-documents).\n`]),
  ].join('\n');
}

function argumentForm({ name, arity }: ArgumentSpec): string {
  if (arity === 'any') return `[${name}…]`;
  return arity === 'one' ? name : arity === 'optional' ? `[${name}]` : `${name}…`;
}

function optionForm(option: OptionSpec): string {
  if (option.type === 'flag') return `[${option.flag}]`;
  const form = `${option.short ?? option.flag} ${option.value}`;
  return option.required === true ? form : `[${form}]`;
}

function optionNames(option: OptionSpec): string {
  if (option.type === 'flag') return option.flag;
  return `${option.short === undefined ? '' : `${option.short}, `}${option.flag} ${option.value}`;
}

function defaultText(option: OptionSpec): string {
  return option.type === 'value' && option.default !== undefined ? ` (default: ${option.default})` : '';
}

function jsonSection(): string {
  const shapes = Object.entries(SHAPES).map(
    ([name, schema]) => `### \`${name}\`\n\n\`\`\`text\n${shapeText(z.toJSONSchema(schema))}\n\`\`\`\n`,
  );
  return [
    `## JSON documents

Version ${SHAPES_VERSION} (\`schema\` in \`info\`). Within a version members are only added. Hex numbers are strings (\`"0x8"\`) because 64 bits do
not fit a JSON number everywhere; times are integers in nanoseconds since the start; \`null\` is "none" or "unknown". A
member with \`?\` may be missing.
`,
    ...shapes,
  ].join('\n');
}

const inList = (shape: string): string => (shape.includes(' | ') && !/^[[{]/.test(shape) ? `(${shape})` : shape);

/** Stars of a glob are not Markdown's. */
const plain = (text: string): string => text.replaceAll('*', '\\*');

/** The part of JSON Schema that zod makes of our shapes. */
interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | false;
}

/** A schema as people write it: `{"seq": event number, "vcpu": integer | null}`. */
function shapeText(schema: unknown, indent = ''): string {
  // zod writes JSON Schema; the shapes use no more of it than SchemaNode names, else `unknown` shows up in the docs.
  const node = schema as SchemaNode;
  if (node.anyOf !== undefined) return node.anyOf.map((one) => shapeText(one, indent)).join(' | ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return node.enum.map((word) => JSON.stringify(word)).join(' | ');
  if (node.description !== undefined) return node.description;
  if (node.type === 'array') return `[${inList(shapeText(node.items ?? {}, indent))}, …]`;
  if (typeof node.type === 'object') return node.type.join(' | ');
  if (node.type !== 'object') return node.type ?? 'unknown';
  if (node.properties === undefined) return `{NAME: ${shapeText(node.additionalProperties, indent)}, …}`;
  const inner = `${indent}  `;
  const members = Object.entries(node.properties).map(([name, member]) => {
    const mark = node.required?.includes(name) === true ? '' : '?';
    return `"${name}"${mark}: ${shapeText(member, inner)}`;
  });
  const flat = `{${members.join(', ')}}`;
  return flat.length + indent.length <= 90 && !flat.includes('\n')
    ? flat
    : `{\n${inner}${members.join(`,\n${inner}`)}\n${indent}}`;
}
