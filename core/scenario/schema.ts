/**
 * The language of scenarios. Everything is checked here but what needs the program (labels) or the machine (slots,
 * registers), which load.ts checks. Objects are strict: a key that nobody knows is an error.
 */
import { z } from 'zod';
import { DEFAULT_INTERFACE } from '../gic/v3/interface-size.ts';
import { VIRTUAL_INSTRUCTIONS } from '../gic/v5/irs/virtual-instructions.ts';
import { OWNERS } from '../kvm/gic-model.ts';
import { MAX_VCPUS_V2 } from '../kvm/v2/model.ts';
import {
  condition,
  deviceType,
  features,
  label,
  level,
  ppi,
  register,
  result,
  gsi,
  slotPath,
  spi,
  time,
  vcpu,
  whole,
  word,
} from './values.ts';
import { DOORBELL } from './v3-frames.ts';

const onVcpu = z.strictObject({ vcpu: vcpu.default(0) });
const attribute = z.strictObject({
  op: z.enum(['has', 'get', 'set']),
  group: whole(0, 255),
  attr: word,
  vcpu: vcpu.optional(),
  /** Words of user memory; none: a bad address. */
  words: z.array(word).max(8).default([]),
});
/** Words of table entries by number. */
const entries = z.record(z.string().regex(/^\d{1,5}$/, 'expected the number of an interrupt'), whole(0, 0xffff_ffff));
const onPpi = z.strictObject({ vcpu: vcpu.default(0), ppi: whole(0, 63) });

/** A device's message: to the ITS of the VM unless it says otherwise, on behalf of its DeviceID. */
const message = z.strictObject({
  device: whole(0, 0xffff_ffff).default(0),
  event: whole(0, 0xffff_ffff).default(0),
  address: word.default(DOORBELL),
  /** KVM_MSI_VALID_DEVID. */
  flags: whole(0, 0xffff_ffff).default(1),
});

/** One action; exactly one of these keys. */
const actionKeys = {
  irqLine: z.union(
    [
      z.strictObject({ vcpu: vcpu.default(0), ppi, level: level.default(1) }),
      z.strictObject({ spi, level: level.default(1) }),
      z.strictObject({ irq: whole(0, 0xffff_ffff), level: level.default(1) }),
    ],
    { error: 'expected {vcpu, ppi, level}, {spi, level} or {irq, level}' },
  ),
  createDevice: z.strictObject({ type: deviceType, test: z.boolean().default(false) }),
  createVcpu: z.strictObject({ id: whole(0, 0xffff_ffff) }),
  vcpuInit: z.strictObject({ vcpu: vcpu.default(0), features: features.default(0) }),
  initialise: z.strictObject({}),
  /** Of the irqchip, or with `its` of an ITS by its number. */
  deviceAttr: attribute.omit({ vcpu: true }).extend({ its: whole(0, 15).optional() }),
  vcpuAttr: attribute,
  getRegister: z.strictObject({ vcpu: vcpu.default(0), register }),
  setRegister: z.strictObject({ vcpu: vcpu.default(0), register, value: word }),
  getOneReg: z.strictObject({ vcpu: vcpu.default(0), register }),
  setOneReg: z.strictObject({ vcpu: vcpu.default(0), register, value: word }),
  save: z.strictObject({ vcpu: vcpu.default(0), as: label }),
  restore: z.strictObject({ vcpu: vcpu.default(0), from: label }),
  run: onVcpu,
  pause: onVcpu,
  reset: onVcpu,
  migrate: z.strictObject({ vcpu: vcpu.default(0), cpu: whole(0, 63) }),
  pmuOverflow: z.strictObject({ vcpu: vcpu.default(0), flags: whole(0, 0xffff_ffff).default(1) }),
  wire: z.strictObject({ cpu: whole(0, 63).default(0), ppi: whole(0, 127), level: level.default(1) }),
  inject: z.strictObject({
    vcpu: vcpu.default(0),
    ppi: whole(0, 63),
    level: level.default(1),
    owner: z.enum(OWNERS).default('none'),
  }),
  map: onPpi,
  unmap: onPpi,
  irqfd: z.strictObject({ gsi, level: level.default(1) }),
  resampler: z.strictObject({ gsi }),
  signalMsi: message,
  routes: z.array(z.union([z.strictObject({ gsi, pin: whole(0, 0xffff) }), message.extend({ gsi })])).max(4096),
  saveTables: z.strictObject({ as: label }),
  restoreTables: z.union(
    [z.strictObject({ from: label }), z.strictObject({ spis: entries.default({}), lpis: entries.default({}) })],
    { error: 'expected {from} or {spis, lpis}' },
  ),
  hypervisor: z.strictObject({
    cpu: whole(0, 63).default(0),
    instruction: z.enum(VIRTUAL_INSTRUCTIONS),
    operand: word,
  }),
  operations: z.strictObject({ vcpu: vcpu.default(0), ppi: whole(0, 63), table: z.enum(['default', 'timer', 'none']) }),
  stop: z.strictObject({}),
} as const;
export type ActionName = keyof typeof actionKeys;
export const ACTION_NAMES = Object.keys(actionKeys) as ActionName[];

const action = z
  .strictObject({
    // fromEntries forgets the keys, which are those of the table: each of them optional.
    ...(Object.fromEntries(
      Object.entries(actionKeys).map(([name, schema]) => [name, schema.optional()]),
    ) as unknown as { [K in ActionName]: z.ZodOptional<(typeof actionKeys)[K]> }),
    result: result.optional(),
    value: z.union([word, z.array(word).max(8)], { error: 'expected a number or a list of numbers' }).optional(),
  })
  .superRefine((given, context) => {
    const present = ACTION_NAMES.filter((name) => given[name] !== undefined);
    if (present.length !== 1)
      context.addIssue({
        code: 'custom',
        message: `expected exactly one action of ${ACTION_NAMES.join(', ')}; found ${present.length === 0 ? 'none' : present.join(', ')}`,
      });
  });
export type Action = z.infer<typeof action>;
export type ActionArgs<K extends ActionName> = NonNullable<Action[K]>;

const reached = {
  label,
  vcpu: vcpu.optional(),
  /** The how manieth time, from 1. */
  nth: whole(1, 1_000_000_000).optional(),
};

const event = z
  .strictObject({
    at: time.optional(),
    when: z.strictObject({ ...reached, every: z.boolean().default(false) }).optional(),
    do: z.union([action.transform((one) => [one]), z.array(action).min(1).max(1000)]),
  })
  .superRefine((given, context) => {
    if ((given.at === undefined) === (given.when === undefined))
      context.addIssue({ code: 'custom', message: 'expected either `at` (a time) or `when` (a label)' });
  });
export type ScenarioEvent = z.infer<typeof event>;

const stateValues = z.record(slotPath, word);
const values = z.record(z.string().max(64), word);

const expectation = z.strictObject({
  /** Registers and slots when the guest gets to a label. */
  at: z
    .array(z.strictObject({ ...reached, registers: values.default({}), state: stateValues.default({}) }))
    .max(1000)
    .default([]),
  /** Conditions that hold one after the other in the record. */
  sequence: z.array(condition).max(1000).default([]),
  /** Conditions that hold nowhere in it. */
  never: z.array(condition).max(1000).default([]),
  counts: z
    .array(z.strictObject({ of: condition, is: whole(0, 1_000_000_000) }))
    .max(1000)
    .default([]),
  /** Slots at the end. */
  end: stateValues.default({}),
  halted: z.enum(['poweredOff', 'idle', 'limit', 'stopped']).optional(),
});

const hostIrs = z.strictObject({
  idBits: whole(5, 24).optional(),
  minIdBits: whole(0, 15).optional(),
  priorityBits: whole(1, 5).optional(),
  vms: whole(1, 0x1_0000).optional(),
  vpes: whole(1, 512).optional(),
  metadataSize: whole(0, 31).optional(),
  level2Size: whole(0, 2).optional(),
  vmTableLevels: z.boolean().optional(),
  vspiHmFollowsTm: z.boolean().optional(),
});

/** The GICv3 virtual interface of the host; what is absent is as in gicv3-behaviour §1. */
const hostV3 = z
  .strictObject({
    listRegisters: whole(1, 16).default(DEFAULT_INTERFACE.listRegisters),
    priorityBits: whole(5, 8).default(DEFAULT_INTERFACE.priorityBits),
    preemptionBits: whole(5, 7).default(DEFAULT_INTERFACE.preemptionBits),
    /** ICH_VTR_EL2.TDS */
    trapsDir: z.boolean().default(true),
    /** Guests cannot deactivate physical interrupts: KVM asks the timers again. */
    softwareResample: z.boolean().default(false),
  })
  .superRefine(({ priorityBits, preemptionBits }, context) => {
    if (preemptionBits > priorityBits)
      context.addIssue({
        code: 'custom',
        path: ['preemptionBits'],
        message: `expected at most as many as there are priority bits, ${priorityBits}; found ${preemptionBits}`,
      });
  });

const vcpuConfig = z.strictObject({
  id: whole(0, 511).optional(),
  features: features.default(0),
  cpu: whole(0, 63).optional(),
  starts: z.enum(['on', 'off', 'paused']).default('on'),
  entry: label.optional(),
});

const text = z.string({ error: 'expected text' });
const program = z.string({ error: 'expected assembly text' }).max(1024 * 1024);

export const scenarioSchema = z.strictObject({
  name: text.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected a name of lower-case letters, digits and hyphens'),
  title: text.max(100).optional(),
  about: text.max(2000),
  profile: text.max(64).default('mainline'),
  seed: whole(0, 0xffff_ffff).default(0),
  host: z
    .strictObject({
      cpus: whole(1, 64).default(1),
      gic: z.enum(['v5', 'v3']).default('v5'),
      v3Compat: z.boolean().default(false),
      pkvm: z.boolean().default(false),
      vhe: z.boolean().default(true),
      pmu: z.boolean().default(true),
      nestedVirt: z.boolean().default(false),
      wfiTraps: z.enum(['default', 'always', 'never']).default('default'),
      /** The host's IRS, in profiles that use it; what is absent is as in host-facts.ts. */
      irs: hostIrs.prefault({}),
      v3: hostV3.prefault({}),
      /** Bits of guest physical addresses. */
      paBits: whole(32, 52).default(40),
      tasks: whole(0, 1000).default(1),
      slice: whole(1, 100_000).default(1),
      timeslice: time.default(10_000),
    })
    .prefault({}),
  vm: z
    .strictObject({
      vcpus: z
        .union(
          [
            whole(1, 512).transform((count) => Array.from({ length: count }, () => vcpuConfig.parse({}))),
            z.array(vcpuConfig).min(1).max(512),
          ],
          {
            error: 'expected a number of vCPUs from 1 to 512, or a list of them',
          },
        )
        .default(() => [vcpuConfig.parse({})]),
      device: z
        .enum(['vgicv5', 'vgicv3', 'vgicv2', 'none'], { error: 'expected vgicv5, vgicv3, vgicv2 or none' })
        .default('vgicv5'),
      /** Has the GICv3 an ITS, and with it LPIs? */
      its: z.boolean().default(false),
      /** INTIDs of a GICv3 or GICv2: SGIs, PPIs and SPIs; a multiple of 32. */
      interrupts: whole(64, 992).default(256),
      setUp: z.enum(['automatic', 'manual']).default('automatic'),
      /** The virtual IRS, in profiles that have one. */
      irs: z.strictObject({ base: word.default(0x0800_0000n), spis: whole(32, 1024).default(32) }).prefault({}),
    })
    .superRefine(({ its, device, vcpus }, context) => {
      if (its && device !== 'vgicv3')
        context.addIssue({ code: 'custom', path: ['its'], message: 'expected `device: vgicv3` beside an ITS' });
      if (device === 'vgicv2' && vcpus.length > MAX_VCPUS_V2)
        context.addIssue({
          code: 'custom',
          path: ['vcpus'],
          message: `expected at most ${MAX_VCPUS_V2} vCPUs with a GICv2`,
        });
    })
    .prefault({}),
  guest: z
    .strictObject({
      base: word.default(0x4000_0000n),
      /** Bytes. */
      memory: whole(4096, 64 * 1024 * 1024).default(1024 * 1024),
      program: program.optional(),
      programs: z.array(program).min(1).max(64).optional(),
      vectors: z.strictObject({ irq: label.optional(), fiq: label.optional(), sync: label.optional() }).optional(),
      image: text.max(4096).optional(),
      entry: word.optional(),
    })
    .superRefine((given, context) => {
      const present = [given.program, given.programs, given.image].filter((each) => each !== undefined).length;
      if (present !== 1)
        context.addIssue({ code: 'custom', message: 'expected exactly one of `program`, `programs` and `image`' });
    }),
  events: z.array(event).max(10_000).default([]),
  expect: expectation.prefault({}),
  limit: z.strictObject({ time: time.default(1_000_000) }).prefault({}),
});
export type ScenarioData = z.infer<typeof scenarioSchema>;
