/** Shapes that several parts of the contract share. See ../contract.ts for the units. */
import { z } from 'zod';
import { KINDS, type Kind } from '../../trace/kinds.ts';

export const seq = z.int().min(-1);
export const ns = z.number();
export const hex = z.string().regex(/^0x[0-9a-f]{1,16}$/);
export const path = z.string().min(1).max(4096, 'a path has at most 4096 characters');
export const vcpu = z.int().min(0).max(511);
/** INTID in GICv5 form for every model: type in bits 31:29 (0 SGI, 1 PPI, 2 LPI, 3 SPI), number below. */
export const intid = z.int().min(0).max(0xffffffff);
export const traceId = z.int().min(1);
export const condition = z.string().max(4096);
export const kind = z.enum(Object.keys(KINDS) as [Kind, ...Kind[]]);
export const direction = z.enum(['forward', 'backward']);
export const counts = z.record(z.string(), z.int());

export const f64 = z.instanceof(Float64Array);
export const i32 = z.instanceof(Int32Array);
export const u32 = z.instanceof(Uint32Array);
export const u16 = z.instanceof(Uint16Array);
export const u8 = z.instanceof(Uint8Array);

export const momentSchema = z.object({ seq, time: ns });
export const changeSchema = z.object({ path: z.string(), before: hex.nullable(), after: hex.nullable() });
export const fieldSchema = z.object({
  name: z.string(),
  msb: z.int(),
  lsb: z.int(),
  value: hex,
  /** Meaning of the value where it has one: `valid`, `PPI 27`. */
  text: z.string(),
  description: z.string(),
});
export const completionSchema = z.object({
  /** Where the word being typed begins. */
  from: z.int(),
  candidates: z.array(z.object({ text: z.string(), description: z.string() })).max(200),
});

export function method<A extends z.ZodObject, R extends z.ZodType>(
  args: A,
  result: R,
): { readonly args: A; readonly result: R } {
  return { args, result };
}
/** Answer of a method that has nothing to tell. */
export const ok = z.object({});
/** Argument of every method about an open trace. */
export const t = { id: traceId };
