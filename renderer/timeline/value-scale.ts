/**
 * The scale of a priority mask lane: one step per priority that occurs, the most urgent (smallest) at the top. The line
 * of the mask stands below the priorities that it lets pass: what lies above the line is signalled, what lies below is
 * masked. Pure.
 */
export interface ValueScale {
  /** y of a priority's own dotted line. */
  ofPriority(priority: number): number;
  /** y of the mask line: just below the last priority that passes. */
  ofMask(mask: number): number;
}

/**
 * @param priorities priorities of interrupts; each gets a dotted line
 * @param masks values that the mask takes
 * @param height of the lane; the scale keeps 8 px free above and 6 below
 */
export function valueScale(priorities: readonly number[], masks: readonly number[], height: number): ValueScale {
  // A mask and a priority of the same number: the priority passes, so it stands above. Half steps keep them apart.
  const places = [...new Set([...priorities, ...masks.map((mask) => mask + 0.5)])].toSorted((a, b) => a - b);
  const top = 8;
  const step = places.length > 1 ? (height - top - 6) / (places.length - 1) : 0;
  const y = (place: number): number => {
    const index = places.findIndex((candidate) => candidate >= place);
    return top + (index < 0 ? places.length - 1 : index) * step;
  };
  return { ofPriority: (priority) => y(priority), ofMask: (mask) => y(mask + 0.5) };
}
