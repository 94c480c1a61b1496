/** List registers and the AP list beside a recorded GICv3 guest: decoded, in the kernel's order, with what does not fit. */
import { AxeBuilder } from '@axe-core/playwright';
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goTo, openedTrace } from './harness/page.ts';
import { artifact, root } from './harness/places.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture, openWindow } from './harness/window.ts';

const { closeLater } = sampleWindows();

describe('list registers and the AP list', () => {
  it('follow the cursor: loaded, acknowledged, ended, and what waits for a list register', async () => {
    const trace = artifact('e2e', 'lists.gscope');
    rmSync(trace, { force: true });
    runCli(['record', `${root}/traces/gicv3-more-pending-than-list-registers.yaml`, '-o', trace]);
    const window = await openWindow({ trace });
    closeLater(window);
    const { page } = window;
    await openedTrace(page);
    await goTo(page, 'next kind == irq.acknowledge');
    const registers = page.getByTestId('list-register');
    const states = (): Promise<(string | null)[]> =>
      registers.evaluateAll((all) => all.map((row) => row.getAttribute('data-state')));
    await expect.poll(states).toEqual(['active', 'pending', 'pending', 'pending']);
    expect(await registers.first().innerText()).toMatch(/SPI 37[^]*0x78[^]*G1[^]*0x9078000000000025/);
    const waiting = page.getByTestId('ap-entry');
    expect(await waiting.allInnerTexts()).toEqual([
      ...[37, 36, 35, 34].map((spi, lr) => expect.stringMatching(new RegExp(`SPI ${spi}[^]*LR ${lr}$`)) as string),
      expect.stringMatching(/SPI 33[^]*waits$/),
      expect.stringMatching(/SPI 32[^]*waits$/),
    ]);
    await keepPicture(page, 'lists');
    const { violations } = await new AxeBuilder({ page }).include('[data-testid=inspector]').analyze();
    expect(violations).toEqual([]);
    await goTo(page, 'next kind == irq.drop');
    await expect.poll(states).toEqual(['empty', 'pending', 'pending', 'pending']);
    await waiting.first().getByText('done, until the exit').waitFor();
    // The priority mask of ICH_VMCR_EL2 is that of a GICv3: eight bits.
    await page.locator('[data-register="ICH_VMCR_EL2"]').first().locator('.line').click();
    await page.getByText('Priority mask; the guest').first().waitFor();
    await page.getByRole('radio', { name: 'Candidates' }).click();
    await page.getByTestId('candidates').waitFor();
  });
});
