/** Scenarios: the bundled ones, what is wrong with one, and what a recorded one was made of. See ../contract.ts for the units. */
import { z } from 'zod';
import { hex, method, path, t, vcpu } from './shapes.ts';
import { checkSchema } from './tasks.ts';

export const scenarioMethods = {
  /** The bundled scenarios, and the kernel behaviours that a scenario can name. */
  'scenario.list': method(
    z.object({}),
    z.object({
      scenarios: z.array(
        z.object({
          path,
          name: z.string(),
          title: z.string(),
          about: z.string(),
          profile: z.string(),
          vcpus: z.int(),
        }),
      ),
      profiles: z.array(
        z.object({ name: z.string(), title: z.string(), since: z.string(), changes: z.array(z.string()) }),
      ),
    }),
  ),
  /** What is wrong with a scenario (a file, or the name of a bundled one); no problems: it can be recorded. */
  'scenario.check': method(
    z.object({ path, profile: z.string().max(64).optional() }),
    z.object({
      name: z.string(),
      problems: z.array(z.object({ line: z.int(), column: z.int(), message: z.string() })),
    }),
  ),
  /**
   * The guest's programs of a trace that a scenario made, line by line with addresses; empty: it has none. Of an image
   * the part that holds the address `around`, else its beginning.
   */
  'scenario.program': method(
    z.object({ ...t, around: hex.optional() }),
    z.object({
      programs: z.array(
        z.object({
          /** vCPUs that start in it. */
          vcpus: z.array(vcpu),
          title: z.string(),
          lines: z.array(
            z.object({
              /** Line of the scenario; 0 for a disassembly. */
              line: z.int(),
              text: z.string(),
              /** Of the line's first instruction or data; null: it has none. */
              address: hex.nullable(),
              bytes: z.int(),
            }),
          ),
        }),
      ),
      /** Why there is no more of it. */
      message: z.string(),
    }),
  ),
  /** What a scenario expects, as far as it was checked, met or not. Of the record itself only when it is finished. */
  'scenario.expectations': method(z.object(t), z.object({ checks: z.array(checkSchema), total: z.int() })),
} as const;
