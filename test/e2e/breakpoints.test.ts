/** Breakpoints as a person makes them: the editor, what they do when run to, their messages, their way to another trace. */
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { cursorAt, goTo, settled, snapshot } from './harness/page.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture } from './harness/window.ts';

const { openSample } = sampleWindows();

/** Positions where a condition hits, as the command line finds them. */
function hitsOf(trace: string, condition: string): number[] {
  const found = JSON.parse(runCli(['find', trace, condition, '--all', '--json'])) as { hits: { seq: number }[] };
  return found.hits.map(({ seq }) => seq);
}
const words = (page: Page) => page.getByTestId('hit-words').first();
const preview = (page: Page) => page.getByTestId('breakpoint-preview');

async function edit(page: Page, condition: string): Promise<void> {
  await page.keyboard.press('Shift+F9');
  await page.getByTestId('breakpoint-condition').fill(condition);
}
/** Waits for a text: counts take a moment. */
const shows = (place: Locator, text: string | RegExp) => place.filter({ hasText: text }).first().waitFor();
const radio = (page: Page, group: string, name: string) =>
  page.getByRole('radiogroup', { name: group, exact: true }).getByRole('radio', { name, exact: true });

describe('the breakpoint editor', () => {
  it('completes the names of the trace and points at what is wrong', async () => {
    const { page } = await openSample();
    await edit(page, '');
    await page.getByTestId('breakpoint-condition').pressSequentially('write ICC_CR');
    await page.getByTestId('completion').filter({ hasText: 'ICC_CR0_EL1' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByTestId('breakpoint-condition').inputValue()).toBe('write ICC_CR0_EL1');
    await shows(preview(page), 'in the whole trace');
    // Esc closes the list first, then the dialog.
    await page.getByTestId('breakpoint-condition').fill('ppi(27).pend');
    await page.keyboard.press('Control+Space');
    await page.getByTestId('completion').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('completion').first().waitFor({ state: 'hidden' });
    await page.getByTestId('breakpoint-condition').fill('ppi(27).pendng');
    await page.getByTestId('condition-error').locator('u').filter({ hasText: 'pendng' }).waitFor();
    await page.getByRole('button', { name: 'pending', exact: true }).click();
    await expect.poll(() => page.getByTestId('condition-error').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.getByTestId('dialog').waitFor({ state: 'detached' });
  });

  it('makes a breakpoint that skips hits on one vCPU, fires once, and is stored with its note and colour', async () => {
    const { page, trace } = await openSample();
    const all = hitsOf(trace, 'ppi(27).active falls on vcpu 1');
    await edit(page, '');
    const text = page.getByTestId('breakpoint-condition');
    // As a pointer or Tab would: the list of the text's completions goes with its focus.
    await page.getByTestId('breakpoint-kind').focus();
    await page.getByTestId('breakpoint-kind').selectOption({ label: 'Register is accessed' });
    await page.getByTestId('breakpoint-register').selectOption('ICC_PCR_EL1');
    await radio(page, 'Access', 'read').click();
    expect(await text.inputValue()).toMatch(/^read ICC_PCR_EL1/);
    await page.getByTestId('breakpoint-kind').selectOption({ label: 'Interrupt state changes' });
    await page.getByTestId('breakpoint-interrupt').selectOption({ label: 'LPI 8' });
    await page.getByTestId('breakpoint-interrupt').selectOption({ label: 'PPI 27 CNTV' });
    await radio(page, 'vCPU', 'any').click();
    await page.getByTestId('breakpoint-only-if').fill('vcpu == 7');
    await shows(preview(page), /^0 hits/);
    expect(await text.inputValue()).toBe('ppi(27).pending rises if vcpu == 7');
    await page.getByTestId('breakpoint-only-if').fill('');
    await radio(page, 'State', 'active').click();
    await radio(page, 'Edge', 'falls').click();
    expect(await page.getByTestId('breakpoint-condition').inputValue()).toBe('ppi(27).active falls');
    await radio(page, 'vCPU', '1').click();
    expect(await page.getByTestId('breakpoint-condition').inputValue()).toBe('ppi(27).active falls on vcpu 1');
    await page.getByTestId('breakpoint-ignore').fill('40');
    await shows(preview(page), `${(all.length - 40).toLocaleString('en')} hits of`);
    await radio(page, 'Colour', 'green').click();
    await page.getByTestId('breakpoint-note').fill('the forty-first');
    await keepPicture(page, 'breakpoint-editor');
    await page.keyboard.press('Enter');
    await shows(page.getByTestId('hit-count'), (all.length - 40).toLocaleString('en'));
    expect(await page.getByTestId('breakpoint').textContent()).toContain('after 40 · the forty-first');

    await page.keyboard.press('Home');
    await page.keyboard.press('F5');
    await cursorAt(page, all[40] ?? NaN);
    await page.keyboard.press('[');
    await page.getByText(/^No earlier hit\./).waitFor();
    await page.keyboard.press(']');
    await cursorAt(page, all[41] ?? NaN);

    await page.getByTestId('breakpoint').dblclick();
    await page.getByTestId('breakpoint-once').check();
    await shows(preview(page), '1 hit of');
    await page.getByTestId('breakpoint-save').click();
    await shows(page.getByTestId('hit-count'), /^1$/);
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+F5');
    await cursorAt(page, all[40] ?? NaN);
    await settled(page);
    expect(await words(page).textContent()).toBe('1 of 1');
    const stored = JSON.parse(runCli(['sql', trace, 'SELECT condition, options FROM breakpoint', '--json'])) as unknown;
    expect(JSON.stringify(stored)).toMatch(/the forty-first.*#2f9e6e|#2f9e6e.*the forty-first/);
  });

  it('lets breakpoints that only mark or write a message be passed, and lists what they wrote', async () => {
    const { page, trace } = await openSample();
    const hits = hitsOf(trace, 'kind == irq.acknowledge and intid == lpi(8)');
    await edit(page, 'kind == irq.acknowledge and intid == lpi(8)');
    await radio(page, 'Then', 'write a message').click();
    await page.getByTestId('breakpoint-message').fill('{seq} takes {intid');
    await shows(preview(page), 'Character 13 of the message');
    await page.getByTestId('breakpoint-message').fill('{seq} takes {intid}');
    await shows(page.getByTestId('message-sample'), `#${hits[0]} takes LPI 8`);
    await page.getByTestId('breakpoint-save').click();
    await page.getByTestId('breakpoint').waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('F5');
    await page.getByText('No breakpoint to run to.').waitFor();
    // A fourth tab leaves the buttons beside it where they can be seen.
    const [more, dock] = [
      await page.getByTestId('breakpoints-more').boundingBox(),
      await page.getByTestId('dock').boundingBox(),
    ];
    expect((more?.x ?? NaN) + (more?.width ?? NaN)).toBeLessThanOrEqual((dock?.x ?? NaN) + (dock?.width ?? NaN));
    await page.getByRole('tab', { name: 'Messages' }).click();
    await expect.poll(() => page.getByTestId('message').count()).toBe(Math.min(hits.length, 200));
    expect(await page.getByTestId('message').first().textContent()).toContain(`#${hits[0]} takes LPI 8`);
    // A mark is walked with ] all the same.
    await page.keyboard.press(']');
    await cursorAt(page, hits[0] ?? NaN);
  });

  it('is made by one click beside an event, on a cell, and by one key on a register', async () => {
    const { page } = await openSample();
    await goTo(page, 'next kind == irq.acknowledge');
    const seq = (await snapshot(page))?.seq ?? NaN;
    await page.locator(`[data-seq="${seq}"] .marks`).click();
    await shows(page.getByTestId('breakpoint'), /irq\.acknowledge/);
    // The cursor stays.
    expect((await snapshot(page))?.seq).toBe(seq);
    await page.locator('[data-register="ICC_CR0_EL1"] .line').click();
    await page.keyboard.press('b');
    await shows(page.getByTestId('breakpoint'), /ICC_CR0_EL1.*changes/);
    await page.locator('[data-ppi="27"]').dblclick();
    await shows(page.getByTestId('breakpoint'), /PPI 27 pending rises/);
    await page.locator('[data-ppi="27"]').click();
    await page.keyboard.press('b');
    await expect.poll(() => page.getByTestId('breakpoint').count()).toBe(3);
    // F6 leads to the list itself: walked, switched and opened there.
    await page.getByTestId('event-grid').focus();
    await page.keyboard.press('F6');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press(' ');
    await shows(page.locator('[data-testid=breakpoint][aria-selected=true]'), /disabled/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: /^Breakpoint \d/ }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('takes breakpoints to another trace as a file, and says what is wrong with one', async () => {
    const { page } = await openSample();
    await edit(page, 'ppi(27).pending rises');
    await page.getByTestId('breakpoint-ignore').fill('2');
    await page.getByTestId('breakpoint-save').click();
    await page.getByTestId('breakpoint').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByTestId('breakpoints-more')
        .click()
        .then(() => page.getByRole('menuitem', { name: /^Save/ }).click()),
    ]);
    const text = readFileSync(await download.path(), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ gicscopeBreakpoints: 1, breakpoints: [{ ignoreCount: 2 }] });
    expect(download.suggestedFilename()).toMatch(/\.breakpoints\.json$/);

    const other = await openSample();
    const add = async (name: string, content: string): Promise<void> => {
      const [chooser] = await Promise.all([
        other.page.waitForEvent('filechooser'),
        other.page
          .getByTestId('breakpoints-more')
          .click()
          .then(() => other.page.getByRole('menuitem', { name: /^Add/ }).click()),
      ]);
      await chooser.setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(content) });
    };
    await add('b.json', text);
    await other.page.getByText('One breakpoint was added.').waitFor();
    expect(await other.page.getByTestId('breakpoint').textContent()).toContain('after 2');
    await other.page.keyboard.press('Control+z');
    await expect.poll(() => other.page.getByTestId('breakpoint').count()).toBe(0);
    await add('c.json', '{"gicscopeBreakpoints": 1, "breakpoints": [{"condition": "ppi(27) =="}]}');
    await other.page.getByText(/Breakpoint 1 \(ppi\(27\) ==\)/).waitFor();
  });
});
