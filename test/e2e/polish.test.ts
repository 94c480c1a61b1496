/** Small things that people notice: widths of columns, a trace that was moved. */
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cursorAt, goTo, openedTrace, snapshot } from './harness/page.ts';
import { freshHome } from './harness/places.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { openWindow } from './harness/window.ts';

const { openSample, closeLater } = sampleWindows();

describe('the columns of the event list', () => {
  it('are sized by pointer and key, keep their widths, and come back on a double-click', async () => {
    const { page } = await openSample();
    const widthOf = async (column: string): Promise<number> =>
      (await page.locator(`[data-column=${column}]`).boundingBox())?.width ?? 0;
    const before = await widthOf('name');
    const edge = page.getByRole('separator', { name: 'Width of the column Name' });
    const box = await edge.boundingBox();
    if (box === null) throw new Error('the column has no edge');
    await page.mouse.move(box.x, box.y + 5);
    await page.mouse.down();
    await page.mouse.move(box.x - 60, box.y + 5, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => widthOf('name')).toBeCloseTo(before - 60, -1);
    const narrow = await widthOf('name');
    await edge.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => widthOf('name')).toBe(narrow + 8);
    // Rows have the columns of the head.
    const name = await page.locator('[data-seq="0"] .name').boundingBox();
    const head = await page.locator('[data-column=name]').boundingBox();
    expect([name?.x, name?.width]).toEqual([head?.x, head?.width]);
    await page.reload();
    await openedTrace(page);
    expect(await widthOf('name')).toBe(narrow + 8);
    await edge.dblclick();
    await expect.poll(() => widthOf('name')).toBe(before);
  });
});

describe('the settings of a person', () => {
  it('give a command other keys, which are printed, work, and last', async () => {
    const { page } = await openSample();
    await page.keyboard.press('F1');
    const keys = page.locator('[data-keys-of="step.forward"]');
    await keys.click();
    expect(await keys.textContent()).toContain('press keys');
    await page.keyboard.press('Escape');
    expect(await keys.textContent()).toContain('F10');
    await keys.click();
    await page.keyboard.press('g');
    await page.getByTestId('keys-said').getByText('Taken from “Go to an event or time”').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('dialog').waitFor({ state: 'detached' });
    await page.reload();
    await openedTrace(page);
    const before = (await snapshot(page))?.seq ?? NaN;
    await page.keyboard.press('g');
    await cursorAt(page, before + 1);
    const hints = page.getByRole('contentinfo');
    expect(await hints.textContent()).toContain('Gstep');
    await page.keyboard.press('F1');
    await page.getByRole('button', { name: 'All usual keys' }).click();
    expect(await keys.textContent()).toContain('F10');
  });

  it('write priorities and values otherwise', async () => {
    const { page } = await openSample();
    await goTo(page, '50%');
    const priority = page.locator('[data-lane="vcpu0.mask"]');
    const value = page.locator('[data-register="ICC_PPI_ENABLER0_EL1"]').first().getByTestId('register-value');
    expect(await priority.textContent()).toContain('0x1f');
    expect(await value.textContent()).toMatch(/^0x0{9}/);
    await page.keyboard.press('Control+,');
    await page.getByRole('radio', { name: '16' }).click();
    await page.getByLabel('leading zeros').uncheck();
    await page.keyboard.press('Escape');
    expect(await priority.textContent()).toContain('31');
    expect(await value.textContent()).toMatch(/^0x[1-9a-f]/);
  });
});

describe('a dialog of choices', () => {
  it('begins at the first choice, and arrows choose', async () => {
    const { page } = await openSample();
    await page.keyboard.press('Control+,');
    const theme = page.getByRole('radiogroup', { name: 'Theme' });
    const focused = theme.locator(':focus');
    await focused.getByText('System').waitFor();
    await page.keyboard.press('ArrowRight');
    await focused.getByText('Dark').waitFor();
    expect(await theme.getByRole('radio', { name: 'Dark' }).getAttribute('aria-checked')).toBe('true');
    await page.keyboard.press('Tab');
    await page.getByRole('radiogroup', { name: 'Event rows' }).locator(':focus').waitFor();
    await page.keyboard.press('Escape');
    // A report is one Enter away.
    await page.keyboard.press('Control+e');
    await page.getByTestId('dialog').locator(':focus').getByText('Export').waitFor();
  });
});

describe('the status bar', () => {
  it('leaves out the hints that there is no room for, and cuts none', async () => {
    const { page } = await openSample({ width: 720, height: 450 });
    const bar = await page.getByTestId('hints').boundingBox();
    const hints = await page.locator('.hint').evaluateAll((all) => all.map((hint) => hint.getBoundingClientRect()));
    const seen = hints.filter(({ y }) => bar !== null && y < bar.y + 12);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.length).toBeLessThan(hints.length);
    expect(seen.every(({ right }) => right <= 720)).toBe(true);
    expect(await page.getByTestId('source').innerText()).toMatch(/^imported from/);
    expect((await page.getByTestId('source').boundingBox())?.width).toBeGreaterThan(100);
  });
});

describe('a dialog that takes text', () => {
  const DIALOGS = [
    { key: 'Control+k', field: 'Search', text: 'vmcr' },
    { key: 'Shift+F9', field: 'Condition', text: 'write ICC_PCR_EL1' },
    { key: 'Shift+m', field: 'Note', text: 'wakes late' },
  ];
  it.each(DIALOGS)('has all that is typed right behind $key, the first time too', async ({ key, field, text }) => {
    const { page } = await openSample();
    await page.keyboard.press(key);
    await page.keyboard.type(text);
    expect(await page.getByTestId('dialog').getByLabel(field, { exact: true }).inputValue()).toBe(text);
  });
});

describe('arrow keys and Space', () => {
  it('are those of the timeline as long as nothing has the focus', async () => {
    const { page } = await openSample();
    const before = (await snapshot(page))?.selected;
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
    await page.keyboard.press('ArrowDown');
    await expect.poll(async () => (await snapshot(page))?.selected).not.toBe(before);
    const group = page.locator('[data-lane="vcpu0"]');
    await page.locator('[data-lane="vcpu0.ppi27"]').click();
    await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
    expect(await group.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Space');
    await expect.poll(() => group.getAttribute('aria-expanded')).toBe('false');
  });
});

describe('a page that is loaded again', () => {
  it('is at the event, the lane and the vCPU that it was at', async () => {
    const { page } = await openSample();
    await goTo(page, '#60000');
    await page.locator('[data-lane="vcpu0.ppi27"]').click();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Alt+1');
    await page.getByText('vCPU 1 · after', { exact: false }).waitFor();
    const { selected, vcpu, seq } = (await snapshot(page)) ?? {};
    expect(vcpu).toBe(1);
    expect(selected).not.toBe('vcpu0.ppi27');
    await page.reload();
    expect(await openedTrace(page)).toMatchObject({ selected, vcpu, seq });
  });
});

describe('the title bar', () => {
  it('cuts a long name of a file, not the search beside it', async () => {
    const { page, trace } = await openSample();
    const search = page.getByTestId('search');
    const usual = (await search.boundingBox())?.width ?? NaN;
    const long = join(dirname(trace), `${'long-'.repeat(40)}.gscope`);
    copyFileSync(trace, long);
    const window = await openWindow({ trace: long });
    closeLater(window);
    await openedTrace(window.page);
    expect((await window.page.getByTestId('search').boundingBox())?.width).toBeGreaterThan(usual - 1);
  });
});

describe('a trace that was moved', () => {
  it('is found again with Locate, and its old place is forgotten', async () => {
    const home = freshHome();
    const first = await openSample({ home });
    const moved = join(dirname(first.trace), 'moved');
    mkdirSync(moved);
    renameSync(first.trace, join(moved, basename(first.trace)));
    const again = await openWindow({ home });
    closeLater(again);
    const { page } = again;
    await page.getByText('not found').waitFor();
    await page.getByRole('button', { name: 'Locate…' }).click();
    await page.getByTestId('dialog').getByText('moved', { exact: true }).click();
    await page.getByTestId('dialog').getByText(basename(first.trace), { exact: true }).click();
    await openedTrace(page);
    await page.keyboard.press('Control+w');
    await page.getByTestId('recent-row').first().waitFor();
    expect(await page.getByTestId('recent-row').count()).toBe(1);
    expect(await page.getByText('not found').count()).toBe(0);
    rmSync(home, { recursive: true, force: true });
  });
});
