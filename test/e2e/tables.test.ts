/** The browser of interrupts' tables beside scenarios: follows the cursor, and shows the lists that the kernel keeps. */
import { describe, expect, it } from 'vitest';
import { axeFaults } from './harness/axe.ts';
import { goTo } from './harness/page.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture } from './harness/window.ts';

const { openScenario } = sampleWindows();

/** Position of the first hit, as the command line finds it. */
function firstHit(trace: string, condition: string): number {
  const found = JSON.parse(runCli(['find', trace, condition, '--json'])) as { hits: { seq: number }[] };
  return found.hits[0]?.seq ?? NaN;
}

describe('the tables of SPIs and LPIs', () => {
  it('show entries and the list of SPIs in flight at the cursor', async () => {
    const { page, trace } = await openScenario('spi-retarget');
    await page.getByTestId('inspector').getByRole('tab', { name: 'Tables' }).click();
    const tables = page.getByTestId('tables');
    const rows = tables.getByRole('row').filter({ hasText: /^SPI/ });
    await expect.poll(() => rows.count()).toBe(32);
    await goTo(page, `#${firstHit(trace, 'kind == kvm.irq and text ~ "spiList add"')}`);
    const spi5 = rows.filter({ hasText: 'SPI 5' }).first();
    await spi5.filter({ hasText: 'pending' }).waitFor();
    expect(await spi5.innerText()).toContain('0x10');
    const flight = tables.getByRole('region', { name: 'SPIs in flight' });
    expect(await flight.innerText()).toMatch(/SPI 5[^]*latched/);
    await tables.getByLabel('pending or active').check();
    await expect.poll(() => rows.count()).toBe(1);
    await keepPicture(page, 'tables');
    expect(await axeFaults(page, '[data-testid=tables]')).toEqual([]);
    await tables.getByRole('radio', { name: 'LPIs' }).click();
    await tables.getByText('None is known to be pending or active here.').waitFor();
  });

  it('show the events of an ITS', async () => {
    const { page, trace } = await openScenario('gicv3-lpi-moves');
    await page.getByTestId('inspector').getByRole('tab', { name: 'Tables' }).click();
    await goTo(page, `#${firstHit(trace, 'step == "ITS MOVI"')}`);
    const tables = page.getByTestId('tables');
    await tables.getByRole('radio', { name: 'LPIs' }).click();
    const events = tables.getByRole('region', { name: 'Events of ITSs' });
    await expect.poll(async () => events.innerText()).toMatch(/LPI 8192[^]*event 0, collection 1, vCPU 1/);
    await keepPicture(page, 'tables-its');
    expect(await axeFaults(page, '[data-testid=tables]')).toEqual([]);
  });
});
