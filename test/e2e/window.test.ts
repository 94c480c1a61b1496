/**
 * The first window on the bundled recording, as a person uses it: asserted on what is drawn and on the state beside it.
 * The command line is the second witness: it counts the same hits and reads the same state from the same file.
 */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { axeFaults } from './harness/axe.ts';
import { cursorAt, goTo, openedTrace, settled, snapshot, still } from './harness/page.ts';
import { bundledSample, runCli, sampleTrace } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture, openWindow } from './harness/window.ts';

const { openSample, closeLater } = sampleWindows();

async function seqOf(page: Page): Promise<number> {
  await settled(page);
  return (await snapshot(page))?.seq ?? NaN;
}
const cell = (page: Page, ppi: number): Locator => page.locator(`[data-ppi="${ppi}"]`);
const shape = async (page: Page, ppi: number): Promise<string | null> => cell(page, ppi).getAttribute('data-shape');
const drawnLane = async (page: Page, id: string) => (await snapshot(page))?.lanes.find((lane) => lane.id === id);

/** Times of the events of a vCPU within 50 ms of a time, as the command line lists them. */
function nearestOn(trace: string, time: number, vcpu: number): { readonly rows: readonly number[] } {
  const from = `${Math.max(0, Math.round(time - 5e7))}ns`;
  const to = `${Math.round(time + 5e7)}ns`;
  const lines = runCli(['events', trace, '--where', `vcpu:${vcpu}`, '--from', from, '--to', to, '--json']).trim();
  return { rows: lines.split('\n').map((line) => (JSON.parse(line) as { timeNs: number }).timeNs) };
}

/** What the inspector shows, in words. */
async function inspected(page: Page): Promise<unknown> {
  return page.evaluate(() => ({
    cells: [...document.querySelectorAll('[data-ppi]')].map((one) => one.getAttribute('data-shape')),
    registers: [...document.querySelectorAll('[data-register]')].map((one) => [
      one.getAttribute('data-register'),
      one.querySelector('[data-testid=register-value]')?.textContent,
    ]),
    card: document.querySelector('[data-testid=interrupt-card]')?.textContent,
  }));
}

describe('the first window', () => {
  it('imports the bundled sample from the start screen and draws its lanes, rows and state', async () => {
    const window = await openWindow();
    closeLater(window);
    const { page } = window;
    await page.getByTestId('sample').first().click();
    await page.getByTestId('import-card').waitFor();
    const drawn = await openedTrace(page);
    expect(drawn.lanes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['vcpu0', 'vcpu0.ppi27', 'vcpu0.mask', 'vcpu1', 'lpi1']),
    );
    expect(drawn.lanes.find(({ id }) => id === 'vcpu0.ppi27')?.shapes).toEqual(
      expect.arrayContaining(['active', 'pending']),
    );
    const info = JSON.parse(runCli(['info', sampleTrace(), '--json'])) as { events: number };
    expect(drawn.events).toBe(info.events);
    await page.locator('[data-seq="0"]').waitFor();
    expect(await page.getByTestId('event-count').textContent()).toBe(info.events.toLocaleString('en'));
    expect(await page.getByTestId('file-name').textContent()).toContain(
      bundledSample().path.split('/').at(-1)?.split('.')[0],
    );
    await keepPicture(page, 'window-first');
  });

  it('steps a hundred events forward and a hundred back to the same state', async () => {
    const { page } = await openSample();
    await goTo(page, '40%');
    const start = await seqOf(page);
    await page.keyboard.press('v');
    await settled(page);
    const before = await inspected(page);
    for (let n = 0; n < 100; n++) await page.keyboard.press('F10');
    await cursorAt(page, start + 100);
    await settled(page);
    expect(await page.getByTestId('readout-event').textContent()).toContain((start + 100).toLocaleString('en'));
    expect(await page.locator('[aria-selected=true][data-seq]').getAttribute('data-seq')).toBe(String(start + 100));
    expect(await inspected(page)).not.toEqual(before);
    for (let n = 0; n < 100; n++) await page.keyboard.press('Shift+F10');
    await cursorAt(page, start);
    await settled(page);
    expect(await inspected(page)).toEqual(before);
  });

  it('jumps to the hits of a breakpoint, counted before it is run, and the PPI cell changes', async () => {
    const { page, trace } = await openSample();
    const condition = 'ppi(27).pending rises on vcpu 0';
    const found = JSON.parse(runCli(['find', trace, condition, '--all', '--json'])) as {
      count: number;
      hits: { seq: number }[];
    };
    await cell(page, 27).click();
    await page.keyboard.press('F9');
    await page.getByTestId('breakpoint').waitFor();
    await expect.poll(() => page.getByTestId('hit-count').textContent()).toBe(found.count.toLocaleString('en'));

    for (const [index, hit] of found.hits.slice(0, 3).entries()) {
      await page.keyboard.press(index === 0 ? 'F5' : ']');
      await cursorAt(page, hit.seq);
      await settled(page);
      expect(await page.getByTestId('hit-words').textContent()).toBe(
        `${index + 1} of ${found.count.toLocaleString('en')}`,
      );
      expect(await shape(page, 27)).toMatch(/pending/);
      expect(await page.getByTestId('live-region').textContent()).toContain(`hit ${index + 1} of ${found.count}`);
    }
    // One event earlier the interrupt was not pending.
    await page.keyboard.press('Shift+F10');
    await settled(page);
    expect(await page.getByTestId('hit-stepper').textContent()).toContain(
      `after hit 2 of ${found.count.toLocaleString('en')}`,
    );
    expect(await shape(page, 27)).not.toMatch(/^(pending|masked|active-pending)$/);
    await page.keyboard.press('Shift+F5');
    await cursorAt(page, found.hits[1]?.seq ?? NaN);
    // Nothing earlier than the first: the cursor stays and the window says so.
    await goTo(page, `#${found.hits[0]?.seq ?? 0}`);
    await page.keyboard.press('[');
    await page.getByText(`No earlier hit. ${found.count - 1} later.`).waitFor();
    expect(await seqOf(page)).toBe(found.hits[0]?.seq);
  });

  it('follows an interrupt from change to change, and the cell agrees with the command line', async () => {
    const { page, trace } = await openSample();
    await goTo(page, '40%');
    await cell(page, 27).click();
    const seen = new Set<string | null>();
    for (let n = 0; n < 6; n++) {
      const before = await seqOf(page);
      await page.keyboard.press('.');
      await expect.poll(() => seqOf(page)).toBeGreaterThan(before);
      const now = await shape(page, 27);
      seen.add(now);
      const seq = await seqOf(page);
      const state = JSON.parse(
        runCli(['state', trace, '--at', `#${seq}`, '--path', 'vcpu0.irq.ppi27.*', '--json']),
      ) as { slots: Record<string, { value: string | null }> };
      const bit = (name: string): boolean => state.slots[`vcpu0.irq.ppi27.${name}`]?.value === '0x1';
      expect(now === 'active' || now === 'active-pending', `active at #${seq}`).toBe(bit('active'));
      expect(/^(pending|masked|active-pending)/.test(now ?? ''), `pending at #${seq}`).toBe(bit('pending'));
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  it('zooms, pans and fits by key, wheel and pointer, and draws what the window shows', async () => {
    const { page, trace } = await openSample();
    await goTo(page, '61%');
    const whole = (await snapshot(page))?.window ?? { from: 0, to: 0 };
    for (let n = 0; n < 8; n++) await page.keyboard.press('w');
    await settled(page);
    const near = (await snapshot(page))?.window ?? { from: 0, to: 0 };
    expect((near.to - near.from) / (whole.to - whole.from)).toBeCloseTo(1 / 256, 4);
    const cursor = (await snapshot(page))?.time ?? 0;
    expect(cursor).toBeGreaterThan(near.from);
    expect(cursor).toBeLessThan(near.to);
    expect((await drawnLane(page, 'vcpu0'))?.bars).toBeGreaterThan(0);
    expect((await drawnLane(page, 'vcpu0'))?.bars).toBeLessThan(2 * 1440);

    await page.keyboard.press('d');
    await settled(page);
    const panned = (await snapshot(page))?.window ?? { from: 0, to: 0 };
    expect((panned.from - near.from) / (near.to - near.from)).toBeCloseTo(0.1, 3);

    const canvas = page.getByTestId('timeline-canvas');
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('the timeline is not on screen');
    await page.mouse.move(box.x + 200, box.y + 60);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -120);
    await page.keyboard.up('Control');
    const spanOf = async (): Promise<number> => {
      const { from = 0, to = 0 } = (await snapshot(page))?.window ?? {};
      return to - from;
    };
    await expect.poll(spanOf).toBeLessThan(panned.to - panned.from);
    await settled(page);
    const wheeled = (await snapshot(page))?.window ?? { from: 0, to: 0 };
    expect(wheeled.to - wheeled.from).toBeLessThan(panned.to - panned.from);
    const under = (span: typeof wheeled): number => span.from + ((span.to - span.from) * 200) / box.width;
    expect(Math.abs(under(wheeled) - under(panned)) / (panned.to - panned.from)).toBeLessThan(0.01);

    // A click sets the cursor, a drag on the ruler scrubs.
    await canvas.click({ position: { x: 300, y: 60 } });
    await settled(page);
    const clicked = (await snapshot(page))?.time ?? 0;
    const wanted = wheeled.from + ((wheeled.to - wheeled.from) * 300) / box.width;
    expect(await page.getByTestId('readout-vcpu').textContent()).toContain('vCPU 0');
    const { rows } = nearestOn(trace, wanted, 0);
    expect(Math.abs(clicked - wanted)).toBeLessThanOrEqual(
      Math.min(...rows.map((time) => Math.abs(time - wanted))) + 1e6,
    );
    await page.mouse.move(box.x + 300, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 10, { steps: 5 });
    await page.mouse.up();
    await settled(page);
    const scrubbed = await snapshot(page);
    expect(scrubbed?.window).toEqual(wheeled);
    const at = (px: number): number => wheeled.from + ((wheeled.to - wheeled.from) * px) / box.width;
    expect(scrubbed?.time).toBeGreaterThan(at(300));
    expect(scrubbed?.time).toBeLessThanOrEqual(at(500));

    // A drag on the lanes measures; Z zooms to it; 0 shows everything again.
    await page.mouse.move(box.x + 100, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 200, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.getByText(/selected, .* events?\. Z zooms to it\./).waitFor();
    await page.keyboard.press('z');
    await settled(page);
    const zoomed = (await snapshot(page))?.window ?? { from: 0, to: 0 };
    expect(zoomed.to - zoomed.from).toBeLessThan((wheeled.to - wheeled.from) / 5);
    await page.keyboard.press('0');
    await settled(page);
    expect((await snapshot(page))?.window).toEqual(whole);
    await keepPicture(page, 'window-whole');
  });

  it('filters the list, says while typing what is wrong, and steps within the filter', async () => {
    const { page, trace } = await openSample();
    await page.keyboard.press('/');
    await page.keyboard.type('kin == x');
    await page.getByText(/kind/).first().waitFor();
    expect(await page.getByTestId('filter-input').getAttribute('aria-invalid')).toBe('true');
    // What could stand there is offered with its meaning; Esc closes the list and keeps the text.
    await page.getByTestId('filter-input').fill('');
    await page.getByTestId('filter-input').pressSequentially('kind == irq.ack');
    await page.getByRole('option', { name: /^irq\.acknowledge/ }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.getByTestId('filter-input').inputValue()).toBe('kind == irq.acknowledge');
    await page.getByTestId('filter-input').pressSequentially(' and vc');
    await page.getByRole('option').first().waitFor();
    await keepPicture(page, 'filter');
    await page.keyboard.press('Escape');
    await page.getByRole('option').first().waitFor({ state: 'hidden' });
    await page.getByTestId('filter-input').fill('irq:27 vcpu:1');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByTestId('filter-chip').count()).toBe(2);
    const rows = runCli(['events', trace, '--where', 'irq:27 vcpu:1', '--json']).trim().split('\n');
    const seqs = rows.map((line) => (JSON.parse(line) as { seq: number }).seq);
    await expect
      .poll(() => page.getByTestId('event-count').textContent())
      .toMatch(new RegExp(`^${seqs.length.toLocaleString('en')} of `));
    for (const seq of seqs.slice(0, 3)) {
      await page.keyboard.press('F10');
      await cursorAt(page, seq);
    }
    await settled(page);
    const shown = await page
      .locator('[data-seq]')
      .evaluateAll((lines) => lines.map((line) => Number(line.getAttribute('data-seq'))));
    expect(shown).toEqual(seqs.slice(0, shown.length));
    // Undo brings the list back, one step at a time.
    await page.keyboard.press('Control+z');
    await expect.poll(() => page.getByTestId('filter-chip').count()).toBe(0);
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(() => page.getByTestId('filter-chip').count()).toBe(2);
    await page.keyboard.press('\\');
    await expect.poll(() => page.getByTestId('filter-chip').count()).toBe(0);
  });

  it('goes to what is typed, remembers where it was, and keeps bookmarks in the file', async () => {
    const { page, trace } = await openSample();
    await goTo(page, '#5000');
    expect(await seqOf(page)).toBe(5000);
    await goTo(page, '+25');
    expect(await seqOf(page)).toBe(5025);
    await page.keyboard.press('Shift+m');
    await page.getByRole('textbox', { name: 'Note' }).fill('here it starts');
    await page.keyboard.press('Enter');
    await goTo(page, 'end');
    const last = await seqOf(page);
    expect(last).toBe(((await snapshot(page))?.events ?? 0) - 1);
    await goTo(page, 'here it');
    expect(await seqOf(page)).toBe(5025);
    await page.keyboard.press('Alt+ArrowLeft');
    await cursorAt(page, last);
    await page.keyboard.press('Alt+ArrowRight');
    await cursorAt(page, 5025);
    await page.keyboard.press('g');
    await page.getByTestId('go-to-input').fill('nowhere');
    await page.keyboard.press('Enter');
    await page.getByTestId('dialog').locator('.bad').waitFor();
    await page.keyboard.press('Escape');

    const again = await openWindow({ trace });
    closeLater(again);
    await openedTrace(again.page);
    await again.page.getByRole('tab', { name: /Bookmarks/ }).click();
    await again.page.getByText('here it starts').waitFor();
  });

  it('shows a register with its fields from the palette, and what changed since a fixed position', async () => {
    const { page } = await openSample();
    await goTo(page, '40%');
    await page.keyboard.press('v');
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette-input').fill('@apr');
    await page.keyboard.press('Enter');
    const register = page.locator('[data-register="ICC_APR_EL1"]');
    await expect.poll(() => register.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Alt+.');
    await expect.poll(async () => (await snapshot(page))?.settled).toBe(true);
    await register.locator('.changed').first().waitFor();
    expect(await register.textContent()).toMatch(/was /);
    // Fields are told of open registers alone: those of another vCPU's step come with its state.
    expect(await register.locator('.field-row').count()).toBeGreaterThan(0);
    await keepPicture(page, 'window-register');
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette-input').fill('icc_pcr');
    await page.locator('[data-item="break vcpu0.ICC_PCR_EL1"]').click();
    await page.getByTestId('breakpoint').filter({ hasText: 'ICC_PCR_EL1' }).waitFor();
  });

  it('decodes the event under the cursor down to the untouched line', async () => {
    const { page, trace } = await openSample();
    const [line = ''] = runCli(['events', trace, '--where', 'kind == irq.acknowledge', '--limit', '1', '--json']).split(
      '\n',
    );
    const { seq } = JSON.parse(line) as { seq: number };
    await goTo(page, `#${seq}`);
    await page.keyboard.press('Alt+e');
    const tab = page.getByTestId('event-tab');
    await tab.locator('pre').waitFor();
    expect(await tab.locator('pre').textContent()).toMatch(/cdia/i);
    await tab.getByText('Life of').first().waitFor();
    await keepPicture(page, 'window-event');
  });

  it('works without a mouse: panes by F6, vCPU by Alt, lanes by arrows, rows by J and K', async () => {
    const { page } = await openSample();
    const pane = (): Promise<string | undefined> =>
      page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-pane]')?.dataset['pane']);
    const visited: (string | undefined)[] = [];
    for (let n = 0; n < 6; n++) {
      await page.keyboard.press('F6');
      visited.push(await pane());
    }
    expect(visited).toEqual(['transport', 'minimap', 'timeline', 'events', 'dock', 'inspector']);
    await page.keyboard.press('Escape');
    expect(await pane()).toBe('timeline');
    await page.keyboard.press('Alt+1');
    await expect.poll(async () => (await snapshot(page))?.vcpu).toBe(1);
    const lane = (await snapshot(page))?.selected;
    await page.keyboard.press('ArrowDown');
    await expect.poll(async () => (await snapshot(page))?.selected).not.toBe(lane);
    await page.keyboard.press('F6');
    for (const key of ['j', 'j', 'k']) await page.keyboard.press(key);
    expect(await seqOf(page)).toBe(0);
    await page.keyboard.press('Enter');
    await cursorAt(page, 1);
    await page.keyboard.press('F1');
    await page.getByRole('dialog', { name: 'Keyboard map' }).waitFor();
    await page.keyboard.press('Escape');
    // The list keeps the focus, and names to a screen reader what the arrow keys are on.
    for (const [part, selected] of [
      ['registers', '[data-register][aria-selected=true]'],
      ['ppi-matrix', '[data-ppi][aria-selected=true]'],
    ] as const) {
      await page.getByTestId(part).focus();
      await page.keyboard.press('ArrowDown');
      const chosen = page.locator(selected);
      await chosen.waitFor();
      expect(await page.getByTestId(part).getAttribute('aria-activedescendant')).toBe(await chosen.getAttribute('id'));
    }
  });

  it('shows the state before the event as well as after it, and says which', async () => {
    const { page, trace } = await openSample();
    const found = JSON.parse(runCli(['find', trace, 'ppi(27).active rises on vcpu 0', '--json'])) as {
      hits: { seq: number }[];
    };
    const seq = found.hits[0]?.seq ?? 0;
    await goTo(page, `#${seq}`);
    expect(await shape(page, 27)).toMatch(/^active/);
    await page.keyboard.press('t');
    await expect.poll(() => shape(page, 27)).not.toMatch(/^active/);
    await page.getByText(`before #${seq.toLocaleString('en')}`).waitFor();
    await page.keyboard.press('t');
    await expect.poll(() => shape(page, 27)).toMatch(/^active/);
  });

  it('scrolls a hundred thousand rows by thumb and wheel without moving the cursor', async () => {
    const { page } = await openSample();
    const { events = 0 } = (await snapshot(page)) ?? {};
    const box = await page.getByTestId('list-thumb').boundingBox();
    if (box === null) throw new Error('the list has no scrollbar');
    await page.mouse.move(box.x + 3, box.y + 5);
    await page.mouse.down();
    await page.mouse.move(box.x + 3, box.y + 2000, { steps: 4 });
    await page.mouse.up();
    await page.locator(`[data-seq="${events - 1}"]`).waitFor();
    expect(await seqOf(page)).toBe(0);
    await page.getByTestId('event-grid').hover();
    await page.mouse.wheel(0, -400);
    await page.locator(`[data-seq="${events - 25}"]`).waitFor();
    await page.locator(`[data-seq="${events - 25}"]`).click();
    await cursorAt(page, events - 25);
  });

  it('sizes panes by pointer and key, and keeps the sizes', async () => {
    const { page } = await openSample();
    const inspector = page.getByTestId('inspector');
    const width = async (): Promise<number> => (await inspector.boundingBox())?.width ?? 0;
    const divider = page.getByRole('separator', { name: 'Width of the inspector' });
    expect(await width()).toBe(388);
    await divider.focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(width).toBe(396);
    const box = await divider.boundingBox();
    if (box === null) throw new Error('there is no divider');
    await page.mouse.move(box.x, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x - 60, box.y + 100, { steps: 3 });
    await page.mouse.up();
    await expect.poll(width).toBe(456);
    await page.reload();
    await openedTrace(page);
    expect(await width()).toBe(456);
    await divider.dblclick();
    await expect.poll(width).toBe(388);
  });

  it('offers what can be done with a lane on a right-click, and takes it back', async () => {
    const { page } = await openSample();
    const lane = page.locator('[data-lane="vcpu1.ppi27"]');
    await lane.click({ button: 'right' });
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await lane.click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Break when it becomes active' }).click();
    await page.getByTestId('breakpoint').waitFor();
    expect(await page.getByTestId('breakpoint').textContent()).toContain('PPI 27 active rises on vCPU 1');
    await page.keyboard.press('Control+z');
    await expect.poll(() => page.getByTestId('breakpoint').count()).toBe(0);
    await lane.click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Hide' }).click();
    // The selected lane stays until another one is chosen.
    await page.locator('[data-lane="vcpu0.ppi27"]').click();
    await expect.poll(() => lane.count()).toBe(0);
    await page.keyboard.press('Control+z');
    await lane.waitFor();
    await page.locator('[data-lane="vcpu1"]').getByRole('button', { name: 'Collapse' }).click();
    await expect.poll(() => lane.count()).toBe(0);
  });

  it('moves the window by the minimap and the cursor by a click beside it', async () => {
    const { page } = await openSample();
    await goTo(page, '30%');
    for (let n = 0; n < 6; n++) await page.keyboard.press('w');
    await settled(page);
    const map = page.getByTestId('minimap');
    const box = await map.boundingBox();
    if (box === null) throw new Error('there is no minimap');
    await map.click({ position: { x: box.width * 0.7, y: 20 } });
    await settled(page);
    const drawn = await snapshot(page);
    const info = JSON.parse(runCli(['info', sampleTrace(), '--json'])) as { durationNs: number };
    const middle = ((drawn?.window.from ?? 0) + (drawn?.window.to ?? 0)) / 2;
    expect(middle / info.durationNs).toBeCloseTo(0.7, 2);
    expect((drawn?.time ?? 0) / info.durationNs).toBeCloseTo(0.7, 2);
    expect(await map.getAttribute('aria-valuetext')).toMatch(/^event [\d,]+ of [\d,]+, \d+\.\d{9} seconds$/);
  });

  it.each([
    ['dark', ['Alt+e', 'Control+k', 'Shift+F9', 'g', 'Alt+d', 'F1', 'Control+o']],
    ['light', ['Alt+e']],
  ])('has no accessibility fault that axe knows in its %s theme', async (theme, keys) => {
    const { page } = await openSample();
    await goTo(page, '61%');
    await page.keyboard.press('b');
    await page.getByTestId('breakpoint').waitFor();
    await page.keyboard.press('F5');
    await settled(page);
    await page.evaluate((name) => localStorage.setItem('gicscope.theme', JSON.stringify(name)), theme);
    await page.reload();
    await openedTrace(page);
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe(theme);
    await page.getByTestId('hit-count').filter({ hasText: /\d/ }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await keepPicture(page, `window-${theme}`);
    for (const key of keys) {
      await page.keyboard.press(key);
      if (key !== 'Alt+e') await page.getByTestId('dialog').waitFor();
      // Popovers fade in; a half transparent text has no contrast of its own.
      await still(page);
      expect(await axeFaults(page, key === 'Alt+e' ? '[data-pane=inspector]' : '[role=dialog]'), key).toEqual([]);
      // The editor of breakpoints stands beside their list.
      if (key === 'Shift+F9') {
        const [editor, list] = [
          await page.getByRole('dialog').boundingBox(),
          await page.getByTestId('dock').boundingBox(),
        ];
        expect((editor?.x ?? 0) + (editor?.width ?? 0)).toBeLessThanOrEqual(list?.x ?? 0);
      }
      if (key !== 'Alt+e') await page.keyboard.press('Escape');
    }
    if (theme === 'dark') return;
    await page.keyboard.press('Control+Shift+l');
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    await page.keyboard.press('Control+,');
    await still(page);
    expect(await axeFaults(page, '[role=dialog]'), 'settings').toEqual([]);
    await page.getByRole('radio', { name: 'High contrast' }).click();
    await page.getByRole('radio', { name: 'Regular, 24 px' }).click();
    // Times of the recording's own clock: it is what the log's lines begin with, and can be typed back.
    await page.getByRole('radio', { name: 'clock of the recording' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await still(page);
    expect(await page.evaluate(() => document.documentElement.dataset['contrast'])).toBe('high');
    const clock = await page.getByTestId('readout-time').locator('.time').getAttribute('aria-label');
    const raw = await page.getByTestId('event-tab').locator('pre').innerText();
    expect(raw).toContain(`T${clock?.slice(0, 15)}`);
    // Its ruler counts in hours of that day, too.
    expect(await page.getByTestId('ruler-base').textContent()).toMatch(/^\d\d:\d\d:\d\d/);
    const here = await seqOf(page);
    await page.keyboard.press('Home');
    await cursorAt(page, 0);
    await goTo(page, clock ?? '');
    // The last of the events with this time stamp.
    expect((await snapshot(page))?.seq).toBeGreaterThanOrEqual(here);
    expect(await page.getByTestId('readout-time').locator('.time').getAttribute('aria-label')).toBe(clock);
    expect((await page.locator('[data-testid=event-grid] [role=row]').last().boundingBox())?.height).toBe(24);
    expect(await axeFaults(page), 'high contrast').toEqual([]);
    await page.emulateMedia({ forcedColors: 'active' });
    await settled(page);
    await keepPicture(page, 'window-forced-colors');
    // A button without a name would have been found.
    await page.getByTestId('transport').evaluate((bar) => bar.append(document.createElement('button')));
    expect(await axeFaults(page, '[data-testid=transport]')).toContainEqual(expect.stringMatching(/^button-name: /));
  });

  it.each([
    [1920, 1200],
    [1440, 900],
    [1180, 720],
    [1024, 700],
    [900, 700],
  ])('fits %i × %i without a scrollbar of the page', async (width, height) => {
    const { page } = await openSample({ width, height });
    await goTo(page, '40%');
    for (let n = 0; n < 8; n++) await page.keyboard.press('w');
    await settled(page);
    const overflow = await page.evaluate(() => ({
      x: document.documentElement.scrollWidth - window.innerWidth,
      y: document.documentElement.scrollHeight - window.innerHeight,
    }));
    expect(overflow).toEqual({ x: 0, y: 0 });
    // The last tool of the transport bar is there, not cut off.
    const fit = await page.getByTestId('transport').locator('[data-command="zoom.fit"]').boundingBox();
    expect((fit?.x ?? Infinity) + (fit?.width ?? 0)).toBeLessThanOrEqual(width);
    // No readout is cut either, with the stepper beside them.
    await page.keyboard.press('b');
    const stepper = page.getByTestId('hit-stepper').filter({ hasText: /hit/ });
    await stepper.waitFor();
    const readouts = page.getByTestId('transport').locator('.readout:visible');
    const ends = await readouts.evaluateAll((all) =>
      all.map((one) => [one.getBoundingClientRect().right, one.parentElement?.getBoundingClientRect().right ?? 0]),
    );
    expect(ends.length).toBeGreaterThan(2);
    for (const [end = Infinity, room = 0] of ends) expect(end).toBeLessThanOrEqual(room + 0.5);
    // Too low for the event list and the dock: what is asked for takes the place of the other.
    await page.keyboard.press('/');
    await page.getByTestId('filter-input').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByTestId('dock').isVisible()).toBe(height >= 800);
    await stepper.click();
    await page.getByTestId('breakpoint').waitFor();
    expect(await page.getByTestId('events-pane').isVisible()).toBe(height >= 800);
    await page.keyboard.press("'");
    await page.getByText('No bookmarks yet').waitFor();
    await page.keyboard.press('/');
    await page.getByTestId('filter-input').waitFor();
    await page.keyboard.press('Escape');
    // Too narrow for three columns: the inspector comes over the others when asked for, and goes again.
    const inspector = page.getByTestId('inspector');
    if (width < 1320) {
      expect(await inspector.count()).toBe(0);
      await page.keyboard.press('Control+i');
      await inspector.waitFor();
      await keepPicture(page, `window-${width}x${height}-inspector`);
      await page.keyboard.press('Escape');
      await expect.poll(() => inspector.count()).toBe(0);
    } else expect(await inspector.isVisible()).toBe(true);
    await keepPicture(page, `window-${width}x${height}`);
  });
});
