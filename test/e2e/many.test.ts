/** A VM with more vCPUs than fit the window: what is on screen is known, and everything can be reached. */
import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { goTo, settled } from './harness/page.ts';
import { artifact, root } from './harness/places.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { openWindow } from './harness/window.ts';

const { closeLater } = sampleWindows();

it('shows the state of whichever of 255 vCPUs is scrolled into sight, and values stand at the right edge', async () => {
  const trace = artifact('e2e', 'fan-out.gscope');
  rmSync(trace, { force: true });
  runCli(['record', `${root}/traces/gicv3-ipi-fan-out.yaml`, '-o', trace]);
  const window = await openWindow({ trace });
  closeLater(window);
  const { page } = window;
  await settled(page);
  await goTo(page, '50%');
  const last = page.locator('[data-lane="vcpu254.sgi7"]');
  expect(await last.count()).toBe(0);
  const thumb = await page.getByTestId('lanes-thumb').boundingBox();
  if (thumb === null) throw new Error('the lanes have no scrollbar');
  await page.mouse.move(thumb.x + 3, thumb.y + 5);
  await page.mouse.down();
  await page.mouse.move(thumb.x + 3, thumb.y + 900, { steps: 3 });
  await page.getByText(/^vCPU 25\d, .+/).waitFor();
  await page.mouse.up();
  await last.locator('[title=inactive]').waitFor();
  expect(await page.locator('[data-lane="vcpu254.mask"]').innerText()).toContain('0xf0');
  // A breakpoint can be kept to any of them.
  await page.keyboard.press('Shift+F9');
  await page.getByTestId('breakpoint-condition').fill('kind == irq.acknowledge');
  await page.getByTestId('dialog').getByLabel('vCPU', { exact: true }).selectOption('254');
  await page.getByTestId('breakpoint-preview').getByText('1 hit', { exact: false }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('dialog').waitFor({ state: 'detached' });
  // A vCPU that was known by its lanes alone is told in full when it is inspected.
  await page.getByLabel('vCPU', { exact: true }).selectOption('254');
  await page.getByText('vCPU 254 · after', { exact: false }).waitFor();
  const values = await page
    .getByTestId('register-value')
    .evaluateAll((all) => all.map((value) => Math.round(value.getBoundingClientRect().right)));
  expect(values.length).toBeGreaterThan(20);
  expect(new Set(values).size).toBe(1);
});
