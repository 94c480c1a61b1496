/** Values of the language: whole numbers, times, results, and the words for things. */
import { z } from 'zod';
import * as errno from '../kvm/errno.ts';
import { FEATURE } from '../kvm/vcpu-slots.ts';
import { DEVICE_VGIC_ITS, DEVICE_VGIC_V2, DEVICE_VGIC_V3, DEVICE_VGIC_V5 } from '../kvm/uapi.ts';

/** A whole number from `min` to `max`, as a number. */
export const whole = (min: number, max: number) =>
  z
    .bigint({ error: `expected a whole number from ${min} to ${max}` })
    .min(BigInt(min), `expected a whole number from ${min} to ${max}`)
    .max(BigInt(max), `expected a whole number from ${min} to ${max}`)
    .transform(Number);

const MAX_64 = (1n << 64n) - 1n;
/** A 64-bit value; negative ones in two's complement. */
export const word = z
  .bigint({ error: 'expected a 64-bit number, such as 0x48000008' })
  .min(-(1n << 63n), 'expected a number of at most 64 bits')
  .max(MAX_64, 'expected a number of at most 64 bits')
  .transform((value) => BigInt.asUintN(64, value));

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };
const TIME = /^(\d{1,12}(?:\.\d{1,9})?)\s?(ns|us|µs|ms|s)$/;
const TIME_WANTED = 'expected a time with its unit, such as 12us or 1.5ms';
const LONGEST_NS = 100e9;

/** A time in virtual nanoseconds. */
export const time = z.string({ error: TIME_WANTED }).transform((text, context) => {
  const match = TIME.exec(text);
  const ns = match === null ? Number.NaN : Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN);
  if (Number.isFinite(ns) && ns <= LONGEST_NS) return Math.round(ns);
  context.addIssue({ code: 'custom', message: `${TIME_WANTED}, at most 100s; found ${JSON.stringify(text)}` });
  return z.NEVER;
});

const ERRNOS = new Map<string, number>(
  Object.entries(errno).flatMap(([name, value]) =>
    /^E[A-Z0-9]+$/.test(name) && typeof value === 'number' ? [[name, value]] : [],
  ),
);

/** What a call answered: 0, `EBUSY`, `-EBUSY`, or the number. */
export const result = z
  .union([z.bigint(), z.string()], { error: 'expected 0 or an error name such as EBUSY' })
  .transform((given, context) => {
    if (typeof given === 'bigint') return Number(given);
    const value = ERRNOS.get(given.replace(/^-/, ''));
    if (value !== undefined) return -value;
    context.addIssue({
      code: 'custom',
      message: `expected 0 or one of ${[...ERRNOS.keys()].join(', ')}; found ${JSON.stringify(given)}`,
    });
    return z.NEVER;
  });

const DEVICES: Readonly<Record<string, number>> = {
  vgicv5: DEVICE_VGIC_V5,
  vgicv3: DEVICE_VGIC_V3,
  vgicv2: DEVICE_VGIC_V2,
  its: DEVICE_VGIC_ITS,
};
/** A device type by name or number. */
export const deviceType = z
  .union([z.enum(['vgicv5', 'vgicv3', 'vgicv2', 'its']), whole(0, 0xffff_ffff)], {
    error: 'expected vgicv5, vgicv3, vgicv2, its or a number',
  })
  .transform((given) => (typeof given === 'number' ? given : (DEVICES[given] ?? 0)));

const FEATURES = { pmu: FEATURE.PMU, el2: FEATURE.NESTED, sve: FEATURE.SVE } as const;
/** Features of KVM_ARM_VCPU_INIT, as bits. */
export const features = z
  .array(z.enum(['pmu', 'el2', 'sve'], { error: 'expected pmu, el2 or sve' }), {
    error: 'expected a list, such as [pmu]',
  })
  .max(3)
  .transform((names) => names.reduce((bits, name) => bits | FEATURES[name], 0));

export const vcpu = whole(0, 511);
export const ppi = whole(0, 0xffff);
export const spi = whole(0, 0xffff);
/** A global system interrupt: what irqfd signals. */
export const gsi = whole(0, 4095);
export const level = z
  .union([z.boolean(), whole(0, 0xffff_ffff)], { error: 'expected 0, 1, true or false' })
  .transform((given) => Number(given));
export const label = z
  .string({ error: 'expected the name of a label' })
  .regex(/^[A-Za-z_.$][\w.$]{0,99}$/, 'expected the name of a label');
export const slotPath = z.string().min(1).max(200);
export const condition = z.string({ error: 'expected a condition as text' }).min(1, 'expected a condition').max(4096);
export const register = z.string({ error: 'expected the name of a register' }).min(1).max(64);
