/** List registers and the AP list beside a recorded GICv3 guest: decoded, in the kernel's order, with what does not fit. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { axeFaults } from './harness/axe.ts';
import { goTo } from './harness/page.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture } from './harness/window.ts';

const { openScenario } = sampleWindows();

describe('list registers and the AP list', () => {
  it('follow the cursor: loaded, acknowledged, ended, and what waits for a list register', async () => {
    const { page } = await openScenario('gicv3-more-pending-than-list-registers');
    await goTo(page, 'next kind == irq.acknowledge');
    const registers = page.getByTestId('list-register');
    const states = (): Promise<(string | null)[]> =>
      registers.evaluateAll((all) => all.map((row) => row.getAttribute('data-state')));
    await expect.poll(states).toEqual(['active', 'pending', 'pending', 'pending']);
    // In halves, like any other register's value.
    expect(await registers.first().locator('.hex .gap').count()).toBe(1);
    expect(await registers.first().innerText()).toMatch(/SPI 37[^]*0x78[^]*G1[^]*0x9078000000000025/);
    const waiting = page.getByTestId('ap-entry');
    expect(await waiting.allInnerTexts()).toEqual([
      ...[37, 36, 35, 34].map((spi, lr) => expect.stringMatching(new RegExp(`SPI ${spi}[^]*LR ${lr}$`)) as string),
      expect.stringMatching(/SPI 33[^]*waits$/),
      expect.stringMatching(/SPI 32[^]*waits$/),
    ]);
    // The changes of the event name each register in full, however long its values are.
    await page.getByRole('tab', { name: 'Event' }).click();
    const changed = page.getByTestId('event-tab').getByText('pcpu0.v3.ICH_LR0_EL2', { exact: true });
    expect(await changed.evaluate((path) => path.scrollWidth <= path.clientWidth + 1)).toBe(true);
    await page.getByRole('tab', { name: 'State' }).click();
    // One of them is opened by pointer or key: its bits and fields, and what changed of them since the last stop.
    await registers.first().click();
    const fields = page.getByTestId('fields');
    expect(await fields.innerText()).toMatch(/63:62\s+State[^]*55:48\s+Priority[^]*0x78[^]*31:0\s+vINTID[^]*0x25/);
    await keepPicture(page, 'lists');
    // In a low window what does not fit is a scroll away.
    await page.setViewportSize({ width: 1440, height: 700 });
    const first = page.locator('[data-testid=registers] [data-register]').first();
    await first.scrollIntoViewIfNeeded();
    expect((await first.boundingBox())?.y).toBeLessThan(680);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('listbox', { name: 'Registers' }).focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => fields.innerText()).toMatch(/vINTID[^]*0x24/);
    expect(await registers.nth(1).getAttribute('aria-selected')).toBe('true');
    expect(await axeFaults(page, '[data-testid=inspector]')).toEqual([]);
    await goTo(page, 'next kind == irq.drop');
    await expect.poll(states).toEqual(['empty', 'pending', 'pending', 'pending']);
    await waiting.first().getByText('done, until the exit').waitFor();
    // The priority mask of ICH_VMCR_EL2 is that of a GICv3: eight bits.
    await page.locator('[data-register="ICH_VMCR_EL2"]').first().locator('.line').click();
    await page.getByText('Priority mask; the guest').first().waitFor();
    await page.getByRole('radio', { name: 'Candidates' }).click();
    await page.getByTestId('candidates').getByText('no list register').first().waitFor();
    await keepPicture(page, 'candidates');
  });

  it('are saved as the dump that KVM’s debugfs shows, and as a report', async () => {
    const { page } = await openScenario('gicv3-more-pending-than-list-registers');
    await goTo(page, 'next kind == irq.acknowledge');
    const saved = async (format: string): Promise<{ readonly name: string; readonly text: string }> => {
      await page.keyboard.press('Control+e');
      await page.keyboard.press('Control+4');
      await page.getByRole('radio', { name: format }).click();
      if (format === 'vgic-state') await keepPicture(page, 'vgic-state');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export', exact: true }).click(),
      ]);
      await page.getByTestId('dialog').waitFor({ state: 'detached' });
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
    };
    const dump = await saved('vgic-state');
    expect(dump.name).toMatch(/^gicv3-more-pending.*-vgic-state\.txt$/);
    expect(dump.text).toMatch(/^vgic_model:\tGICv3$[^]*^ {7}SPI {3}37 {6}0 0001001 /m);
    const report = await saved('Markdown');
    expect(report.name).toMatch(/-report\.md$/);
    expect(report.text).toMatch(/^# /);
  });
});
