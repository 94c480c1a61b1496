/** Where a value came from, what a typed way leads to, and what differs between two positions. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { cursorAt, goTo, settled, snapshot } from './harness/page.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture } from './harness/window.ts';

const { openSample } = sampleWindows();

interface Hit {
  readonly seq: number;
}
/** First hit behind a position (before it, with `--reverse`), as the command line finds it. */
function nextHit(trace: string, condition: string, from: number, ...more: readonly string[]): number | undefined {
  const start = more.includes('--reverse') ? from - 1 : from + 1;
  const found = JSON.parse(runCli(['find', trace, condition, '--from', `#${start}`, '--json', ...more])) as {
    hits: Hit[];
  };
  return found.hits[0]?.seq;
}
const seqOf = async (page: Page): Promise<number> => (await snapshot(page))?.seq ?? NaN;

describe('going along a way', () => {
  it('goes to the next and previous change and access of what is typed, completed by the trace', async () => {
    const { page, trace } = await openSample();
    await goTo(page, '50%');
    const start = await seqOf(page);
    await page.keyboard.press('g');
    const input = page.getByTestId('go-to-input');
    await input.pressSequentially('next cha');
    await page.getByRole('option', { name: /^change of/ }).waitFor();
    await page.keyboard.press('Tab');
    await expect.poll(() => input.inputValue()).toBe('next change of');
    await input.pressSequentially(' vcpu1.ICC_AP');
    await page.getByRole('option', { name: /^vcpu1\.ICC_APR_EL1/ }).waitFor();
    await keepPicture(page, 'go-to');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const change = nextHit(trace, 'changed(vcpu1.ICC_APR_EL1)', start) ?? NaN;
    await cursorAt(page, change);

    await goTo(page, 'previous execution of CDIA on vcpu 0');
    const access = nextHit(trace, 'execute CDIA on vcpu 0', change, '--reverse') ?? NaN;
    await cursorAt(page, access);
    await goTo(page, 'next vcpu == 1 and kind == irq.acknowledge');
    await cursorAt(page, nextHit(trace, 'vcpu == 1 and kind == irq.acknowledge', access) ?? NaN);
    await page.keyboard.press('Alt+ArrowLeft');
    await cursorAt(page, access);

    await page.keyboard.press('g');
    await input.fill('next change of vcpu1.ICC_PCR_EL7');
    await page.getByText(/did you mean/).waitFor();
    await page.keyboard.press('Escape');
  });
});

describe('the history of a value', () => {
  it('names the last writer and the next reader of a register, and lists its changes', async () => {
    const { page, trace } = await openSample();
    await goTo(page, '55%');
    const at = await seqOf(page);
    await page.locator('[data-register="ICC_PPI_ENABLER0_EL1"] >> nth=0').locator('.line').click();
    await page.getByTestId('register-history').click();
    const history = page.getByTestId('value-history');
    const path = (await history.getAttribute('data-history')) ?? '';
    const writer = nextHit(trace, 'write ICC_PPI_ENABLER0_EL1 on vcpu 0', at + 1, '--reverse');
    await expect
      .poll(() => history.getByTestId('last-write').textContent(), { timeout: 10_000 })
      .toContain(`#${(writer ?? NaN).toLocaleString('en')}`);
    const { changes } = JSON.parse(runCli(['history', trace, path, '--json'])) as { changes: Hit[] };
    await history.getByText(new RegExp(`^${changes.length} changes?$`)).waitFor();
    await history.getByTestId('last-write').getByRole('button').click();
    await cursorAt(page, writer ?? NaN);
  });

  it('shows who made an interrupt pending, and walks along its changes', async () => {
    const { page, trace } = await openSample();
    await goTo(page, '55%');
    const at = await seqOf(page);
    await page.locator('[data-ppi="27"]').click();
    await page.locator('[data-fact="pending"]').click();
    const rows = page.getByTestId('value-change');
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(12);
    // The line of the value over the trace: pending is 0 and 1, and both ends are named.
    const path = await page.getByTestId('value-line').locator('path.stroke').getAttribute('d');
    expect(path?.match(/V/g)?.length).toBeGreaterThan(2);
    await keepPicture(page, 'history');
    const last = nextHit(trace, 'ppi(27).pending changes on vcpu 0', at + 1, '--reverse') ?? NaN;
    expect(await page.locator('[data-testid=value-change].now').textContent()).toContain(
      `#${last.toLocaleString('en')}`,
    );
    // The other vCPU has a PPI 27 of its own.
    await page.keyboard.press('Alt+1');
    await page.locator('[data-history="vcpu0.ppi27.pending"]').waitFor({ state: 'detached' });
    await page.locator('[data-fact="pending"]').click();
    await page.locator('[data-history="vcpu1.ppi27.pending"]').waitFor();
    await page.keyboard.press('Alt+0');
    await page.locator('[data-fact="pending"]').click();
    const next = nextHit(trace, 'ppi(27).pending changes on vcpu 0', at) ?? NaN;
    await page.getByTestId('next-change').getByRole('button').click();
    await cursorAt(page, next);
    await expect
      .poll(() => page.locator('[data-testid=value-change].now').textContent(), { timeout: 10_000 })
      .toContain(`#${next.toLocaleString('en')}`);
  });
});

describe('the difference between two pinned positions', () => {
  it('is what the command line says, and narrows by path', async () => {
    const { page, trace } = await openSample();
    await goTo(page, '#40000');
    await page.keyboard.press('Alt+a');
    await goTo(page, '#40400');
    await page.keyboard.press('Alt+d');
    const rows = page.getByTestId('difference-row');
    await rows.first().waitFor();
    const cli = (...more: readonly string[]): string[] => {
      const json = runCli(['state', trace, '--at', '#40000', '--diff', '#40400', '--json', ...more]);
      return Object.keys((JSON.parse(json) as { slots: Record<string, unknown> }).slots);
    };
    const shown = (): Promise<(string | null)[]> =>
      rows.evaluateAll((all) => all.map((row) => row.getAttribute('data-slot')));
    expect(await shown()).toEqual(cli());
    await keepPicture(page, 'difference');
    await page.getByTestId('difference-glob').fill('vcpu1.**');
    await expect.poll(shown, { timeout: 10_000 }).toEqual(cli('--path', 'vcpu1.**'));
    // The facts of one interrupt, wherever their bits live.
    await page.getByRole('radio', { name: 'PPI 27 of vCPU 0' }).click();
    await expect.poll(shown, { timeout: 10_000 }).toEqual(cli('--path', 'vcpu0.ppi27.*'));
    expect((await shown()).every((path) => path?.startsWith('vcpu0.ppi27.'))).toBe(true);
    await page.getByTestId('difference-glob').fill('vcpu*.runState');
    const run = rows.filter({ hasText: 'runState' }).first();
    await expect.poll(() => run.innerText()).toMatch(/(\w+) → (?!\1)\w+/);
    await page.getByRole('button', { name: 'Exchange A and B' }).click();
    await expect.poll(() => page.getByTestId('pin-a').textContent()).toContain('#40,400');
    await page.keyboard.press('Escape');
    await settled(page);
  });
});
