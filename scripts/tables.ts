/**
 * `npm run tables`: the register tables as text.
 *   npm run tables                          every register, one line each
 *   npm run tables -- ICC_CR0_EL1 GICD_CTLR  these registers with fields and notes, as Markdown
 *   npm run tables -- ICC_ICSR_EL1=0x10000f802  a value decoded
 */
import {
  decode,
  formatEncoding,
  type Register,
  registerByName,
  registerNames,
  summarize,
} from '../core/gic/registers.ts';

function place(register: Register): string {
  if (register.encoding !== undefined) return formatEncoding(register.encoding);
  const offset =
    register.offset === undefined ? 'offset unknown' : `0x${register.offset.toString(16).padStart(4, '0')}`;
  return `${register.space} ${offset}`;
}

function line(register: Register): string {
  return `${register.name.padEnd(26)} ${place(register).padEnd(24)} ${register.width} ${register.access.padEnd(4)} ${register.clause}`;
}

function page(register: Register): string {
  const reset =
    register.reset === undefined ? (register.resetNote ?? 'not defined') : `0x${register.reset.toString(16)}`;
  const rows = register.fields.map((f) => `| ${bits(f.msb, f.lsb)} | ${f.name} | ${f.description} |`);
  return [
    `## ${register.name}`,
    `${place(register)}, ${register.width} bits, ${register.access}, reset ${reset} (${register.clause})`,
    '',
    '| bits | field | meaning |',
    '|---|---|---|',
    ...rows,
    ...(register.notes === '' ? [] : ['', register.notes]),
    '',
  ].join('\n');
}

function decoded(register: Register, value: bigint): string {
  const rows = decode(register, value)
    .filter((field) => !field.reserved || field.value !== 0n)
    .map((f) => `  ${bits(f.msb, f.lsb).padEnd(6)} ${f.name.padEnd(18)} ${f.text ?? f.value}`);
  return [`${register.name} = 0x${value.toString(16)}: ${summarize(register, value)}`, ...rows, ''].join('\n');
}

function bits(msb: number, lsb: number): string {
  return msb === lsb ? String(msb) : `${msb}:${lsb}`;
}

function answer(argument: string): string {
  const [name = '', number] = argument.split('=');
  const register = registerByName(name);
  if (register === undefined) throw new Error(`no register ${name}; npm run tables lists all`);
  if (number === undefined) return page(register);
  if (!/^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.test(number))
    throw new Error(`${argument}: wanted a value such as 0x1f or 31 after =`);
  const value = BigInt(number);
  if (BigInt.asUintN(register.width, value) !== value)
    throw new Error(`${argument}: the register has ${register.width} bits`);
  return decoded(register, value);
}

function everyRegister(): string {
  return registerNames()
    .map((name) => registerByName(name))
    .filter((register) => register !== undefined)
    .map(line)
    .join('\n');
}

const wanted = process.argv.slice(2);
try {
  console.log(wanted.length === 0 ? everyRegister() : wanted.map(answer).join('\n'));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
