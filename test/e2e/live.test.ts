/** A scenario recorded live, as a person does it: start, step, break on a line, look back while it stands still, end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { axeFaults } from './harness/axe.ts';
import { cursorAt, settled, snapshot } from './harness/page.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture, openWindow, type ProductWindow } from './harness/window.ts';

const SAMPLE = 'A trapped WFI ends by priority';

const { closeLater } = sampleWindows();

async function startLive(title = SAMPLE): Promise<{ page: Page; window: ProductWindow }> {
  const window = await openWindow();
  closeLater(window);
  const { page } = window;
  await page.getByRole('button', { name: `Record live: ${title}` }).click();
  await stands(page, 'Stopped at its start');
  return { page, window };
}

/** Waits until the machine stands still for this reason and the window shows it. */
async function stands(page: Page, words: string): Promise<void> {
  await page.locator('[data-testid=live-bar][data-state=stopped]').waitFor();
  await page.getByTestId('live-words').filter({ hasText: words }).waitFor();
  await settled(page);
}
/** Has a scenario of a folder recorded live. */
async function choose(page: Page, folder: string, name: string): Promise<void> {
  await page.getByTestId('sample').first().waitFor();
  await page.keyboard.press('Control+Shift+R');
  const field = page.getByRole('textbox', { name: 'Folder' });
  // The first listing fills the field.
  await expect.poll(() => field.inputValue()).not.toBe('');
  await field.fill(folder);
  await field.press('Enter');
  await page.locator(`[data-name="${name}"]`).click();
}
const themeOf = (page: Page) => page.evaluate(() => document.documentElement.dataset['theme']);
const ended = (page: Page): Promise<void> => page.locator('[data-testid=live-bar][data-state=ended]').waitFor();
const line = (page: Page, text: string) => page.getByTestId('program-line').filter({ hasText: text }).first();
const current = (page: Page): Promise<string | null> =>
  page.locator('[data-testid=program-line][data-current]').getAttribute('data-address');
const seqOf = async (page: Page): Promise<number> => (await snapshot(page))?.seq ?? NaN;
const eventsOf = async (page: Page): Promise<number> => (await snapshot(page))?.events ?? NaN;

describe('a recording that runs live', () => {
  it('is stepped by instruction and by event, with the program beside it', async () => {
    const { page } = await startLive();
    expect(await eventsOf(page)).toBe(1);
    await page.keyboard.press('Control+F7');
    await stands(page, 'Stepped');
    expect([await seqOf(page), await eventsOf(page)]).toEqual([1, 2]);

    await page.keyboard.press('F7');
    await expect.poll(() => current(page)).toBe('0x40000000');
    const before = await eventsOf(page);
    await page.locator('[data-command="live.step.instruction"]').click();
    await expect.poll(() => current(page)).toBe('0x40000004');
    // A plain load makes no event: the record is where it was, the machine is not.
    expect(await eventsOf(page)).toBe(before);
    await page.keyboard.press('F7');
    await page.keyboard.press('F7');
    await expect.poll(() => current(page)).toBe('0x4000000c');
    await expect.poll(() => eventsOf(page)).toBeGreaterThan(before);
    // At the end of what is recorded, a step of the cursor is a step of the machine.
    const last = await eventsOf(page);
    await page.keyboard.press('F10');
    await cursorAt(page, last);
    expect(await eventsOf(page)).toBe(last + 1);
  });

  it('stops at a clicked line, can be looked back at, and loses nothing when it goes on', async () => {
    const { page, window } = await startLive();
    await line(page, 'gicr x5, cdia').click();
    await page.locator('[data-testid=program-line][data-breakpoint=on]').waitFor();
    await page.keyboard.press('F8');
    await stands(page, 'Before breakpoint 1');
    expect(await current(page)).toBe(await line(page, 'gicr x5, cdia').getAttribute('data-address'));
    const there = await seqOf(page);
    expect(there).toBe((await eventsOf(page)) - 1);
    expect((await snapshot(page))?.lanes.map(({ id }) => id)).toContain('vcpu0.ppi3');

    // Back in time while it stands still, then on from its end.
    await page.keyboard.press('Home');
    await cursorAt(page, 0);
    expect(await page.locator('[data-command="live.follow"]').textContent()).toContain('#0');
    await page.locator('[data-command="live.follow"]').click();
    await cursorAt(page, there);
    await page.keyboard.press('F5');
    await ended(page);
    await settled(page);
    const trace = (await page.getByTestId('file-name').getAttribute('title')) ?? '';
    const events = await eventsOf(page);
    runCli(['record', 'wfi-wake-by-priority', '-o', join(window.home, 'through.gscope')]);
    const info = (path: string) => JSON.parse(runCli(['info', path, '--json'])) as { events: number; kinds: object };
    const through = info(join(window.home, 'through.gscope'));
    expect(events).toBe(through.events);
    expect(info(trace).kinds).toEqual(through.kinds);
  });

  it('stops before the access that a breakpoint names, if it is to', async () => {
    const { page } = await startLive();
    await page.keyboard.press('F7');
    await expect.poll(() => current(page)).toBe('0x40000000');
    await page.keyboard.press('Shift+F9');
    const dialog = page.getByTestId('dialog');
    await dialog.getByTestId('breakpoint-condition').fill('write ICC_PCR_EL1');
    await dialog.getByTestId('breakpoint-before').check();
    await dialog.getByTestId('breakpoint-save').click();
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('F8');
    await stands(page, 'Before breakpoint 1');
    expect(await page.locator('[data-testid=program-line][data-current]').textContent()).toContain('msr ICC_PCR_EL1');
    expect(await page.locator('[data-seq]').filter({ hasText: 'ICC_PCR_EL1' }).count()).toBe(0);
    await page.keyboard.press('Control+F7');
    await page.locator('[data-seq][aria-selected=true]').filter({ hasText: 'ICC_PCR_EL1' }).waitFor();
  });

  it('shows what was expected and found, what user space called, and goes there', async () => {
    const { page } = await startLive();
    await page.keyboard.press('F8');
    await ended(page);
    await page.getByTestId('live-checks').click();
    await page.getByTestId('console-checks').filter({ hasText: 'all 17 met' }).waitFor();
    const check = page.getByTestId('check').filter({ hasText: 'X3 of vCPU 0 at woken' });
    expect(await check.getAttribute('data-ok')).toBe('true');
    const link = check.getByRole('button');
    const seq = Number((await link.textContent())?.replace(/\D/g, ''));
    await link.click();
    await cursorAt(page, seq);
    await page.getByTestId('call').filter({ hasText: 'KVM_IRQ_LINE' }).first().waitFor();
    await keepPicture(page, 'live-console');
  });

  it('marks an expectation that is not met', async () => {
    const window = await openWindow();
    closeLater(window);
    const { page } = window;
    const file = join(window.home, 'wrong.yaml');
    writeFileSync(
      file,
      [
        'name: wrong',
        'about: A machine that does not do what is expected of it.',
        'guest:',
        '  program: |',
        '    start:',
        '      mov x1, #1',
        '    here:',
        '      ldr x0, =PSCI_SYSTEM_OFF',
        '      hvc #0',
        'expect:',
        '  at:',
        '    - { label: here, registers: { X1: 2 } }',
      ].join('\n'),
    );
    await choose(page, window.home, 'wrong.yaml');
    await stands(page, 'Stopped at its start');
    await page.keyboard.press('F8');
    await ended(page);
    await page.getByTestId('live-checks').filter({ hasText: '0 of 1' }).click();
    const check = page.getByTestId('check').first();
    expect(await check.getAttribute('data-ok')).toBe('false');
    expect(await check.textContent()).toMatch(/expected 0x2, found 0x1.*line 12/);
  });

  it('runs on while the cursor is elsewhere, pauses, and has no fault that axe knows', async () => {
    const window = await openWindow();
    closeLater(window);
    const { page } = window;
    const file = join(window.home, 'endless.yaml');
    writeFileSync(
      file,
      'name: endless\nabout: Never ends by itself.\nlimit: { time: 100s }\nguest:\n  program: |\n    start:\n      msr TPIDR_EL1, x1\n      mrs x2, ICC_PCR_EL1\n      b start\n',
    );
    await choose(page, window.home, 'endless.yaml');
    await stands(page, 'Stopped at its start');
    await page.keyboard.press('F8');
    await expect.poll(() => eventsOf(page), { timeout: 20_000 }).toBeGreaterThan(5000);
    await page.keyboard.press('Home');
    await cursorAt(page, 0);
    const seen = await eventsOf(page);
    await expect.poll(() => eventsOf(page), { timeout: 20_000 }).toBeGreaterThan(seen);
    expect(await seqOf(page)).toBe(0);
    await page.locator('[data-command="live.toggle"]').click();
    await stands(page, 'Paused');
    for (const theme of ['dark', 'light']) {
      for (let n = 0; n < 2 && (await themeOf(page)) !== theme; n++) await page.keyboard.press('Control+Shift+l');
      await settled(page);
      await keepPicture(page, `live-${theme}`);
      expect(await axeFaults(page)).toEqual([]);
    }
    await page.locator('[data-command="live.finish"]').click();
    await ended(page);
  });
});
