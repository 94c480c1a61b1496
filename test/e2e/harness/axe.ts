/** Faults of accessibility that axe knows, in what a page shows. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/**
 * Each fault as its rule and the places that have it. Describing what is right as well takes axe three quarters of its
 * time, and so does carrying the result to a page of its own, which pages with frames of others need: this one has none.
 */
export async function axeFaults(page: Page, within = 'html'): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page })
    .include(within)
    .options({ resultTypes: ['violations'] })
    .setLegacyMode();
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
