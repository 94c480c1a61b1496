/**
 * Lines of `-d int`: an exception that a CPU takes, several lines for one, and exception returns. They have no event
 * name; the first words stand for it. Field use: a number of the exception or exception level, b CPU; v and w values.
 * Releases before 6.1 do not print the CPU: the exception's name is then in `t`.
 */
export const EXCEPTION_ROWS = [
  ['Taking exception', '{a:u} [{s}] on CPU {b:u}', '{a:u} [{t}]'],
  ['Exception return', 'from {s} to {t} PC 0x{v}'],
  ['...from', 'EL{a:u} to EL{b:u}'],
  ['...with ESR', '0x{a:x}/0x{v}'],
  ['...with FAR', '0x{v}'],
  ['...with SPSR', '0x{v}'],
  ['...with ELR', '0x{v}'],
  ['...to', 'EL{a:u} PC 0x{v} PSTATE 0x{w}'],
  ['...handled as', '{s}'],
] as const;

export type ExceptionEvent = (typeof EXCEPTION_ROWS)[number][0];
