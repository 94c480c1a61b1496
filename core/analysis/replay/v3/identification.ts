/** Identification registers of the recorded GICv3. */
export const IIDR = 0x43bn;

/** CoreSight identification by offset: the same in every frame but for PIDR0, the part number. */
export function identification(part: bigint): readonly (readonly [number, bigint])[] {
  const values = [0x44n, 0n, 0n, 0n, part, 0xb4n, 0x3bn, 0n, 0x0dn, 0xf0n, 0x05n, 0xb1n];
  return values.map((value, index) => [0xffd0 + 4 * index, value]);
}
