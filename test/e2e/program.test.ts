/** The program of a guest beside the cursor: of a large image the part that the cursor is in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goTo, openedTrace } from './harness/page.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { openWindow } from './harness/window.ts';

const { closeLater, openScenario } = sampleWindows();

describe('the program of a large image', () => {
  it('is shown around the next instruction, far from its beginning', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gicscope-image-'));
    // Branches to its end, where it reads a register (an event) and stays.
    const words = new Uint32Array(512 * 1024).fill(0xd503_201f);
    const end = words.length - 2;
    words[0] = 0x1400_0000 + end;
    words[end] = 0xd53b_e040; // mrs x0, CNTVCT_EL0
    words[end + 1] = 0x1400_0000;
    writeFileSync(join(folder, 'large.bin'), new Uint8Array(words.buffer));
    writeFileSync(
      join(folder, 'large.yaml'),
      'name: large\nabout: one\nguest: { image: large.bin, memory: 0x400000 }\nlimit: { time: 1us }\n',
    );
    const trace = join(folder, 'large.gscope');
    runCli(['record', join(folder, 'large.yaml'), '-o', trace]);
    const window = await openWindow({ trace });
    closeLater(window);
    const { page } = window;
    await openedTrace(page);
    await goTo(page, 'end');
    await page.getByTestId('inspector').getByRole('tab', { name: 'Program' }).click();
    const tab = page.getByTestId('program-tab');
    await expect.poll(() => tab.innerText(), { timeout: 20_000 }).toMatch(/401ffffc\s+b 0x401ffffc/);
    rmSync(folder, { recursive: true });
  });
});

describe('the program of a vCPU that is off', () => {
  it('has no next instruction', async () => {
    const { page } = await openScenario('gicv3-more-pending-than-list-registers');
    await page.getByTestId('inspector').getByRole('tab', { name: 'Program' }).click();
    const current = page.locator('[data-testid=program-line][data-current]');
    await goTo(page, '50%');
    await current.waitFor();
    await goTo(page, 'end');
    await page.getByText('vCPU 0 is off here.').waitFor();
    expect(await current.count()).toBe(0);
  });
});
