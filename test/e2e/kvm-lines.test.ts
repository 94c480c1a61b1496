/** A recording of a KVM host, of whose interrupts the lines alone are known: what the window shows and does with them. */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { axeFaults } from './harness/axe.ts';
import { cursorAt, goTo, settled, snapshot } from './harness/page.ts';
import { artifact, root } from './harness/places.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture, openWindow } from './harness/window.ts';

const { closeLater } = sampleWindows();
const RISES = 'ppi(27).line rises on vcpu 0';
let trace = '';
beforeAll(() => {
  trace = artifact('e2e', 'kvm-lines.gscope');
  rmSync(trace, { force: true });
  runCli(['import', join(root, 'test', 'data', 'import', 'arch_timer.trace.dat.xz'), '-o', trace]);
});

let copies = 0;
/** A window on a copy: breakpoints are stored in the file. */
async function openRecording(): Promise<Page> {
  const copy = artifact('e2e', `kvm-lines-${++copies}.gscope`);
  copyFileSync(trace, copy);
  const window = await openWindow({ trace: copy });
  closeLater(window);
  await settled(window.page);
  return window.page;
}
const drawnLane = async (page: Page, id: string) => (await snapshot(page))?.lanes.find((lane) => lane.id === id);
const hits = (condition: string): number[] =>
  (JSON.parse(runCli(['find', trace, condition, '--all', '--json'])) as { hits: { seq: number }[] }).hits.map(
    ({ seq }) => seq,
  );

describe('the lanes of a KVM recording', () => {
  it('draw the line of each interrupt, never a pending or active state', async () => {
    const page = await openRecording();
    for (const id of ['vcpu0.ppi27', 'vcpu0.ppi30', 'vcpu1.ppi27', 'vcpu1.ppi30']) {
      const lane = await drawnLane(page, id);
      expect(lane?.shapes).toEqual(expect.arrayContaining(['unknown', 'unknown, line low', 'unknown, line high']));
      for (const shape of lane?.shapes ?? []) expect(shape).toMatch(/^unknown/);
      expect(lane?.marks).toBeGreaterThan(0);
    }
    // Before the first event that tells of it the line is not known either.
    await page.locator('[data-lane="vcpu0.ppi27"] [title="unknown"]').waitFor();
    expect(await page.locator('[data-ppi="27"]').getAttribute('data-shape')).toBe('unknown');
    await keepPicture(page, 'kvm-lines-whole');
  });

  it('are walked along with . and , from one change of the line to the next, and told in words', async () => {
    const page = await openRecording();
    await page.locator('[data-lane="vcpu0.ppi27"]').click();
    const changes = hits('ppi(27).line changes on vcpu 0');
    const rises = new Set(hits(RISES));
    expect(rises.size).toBe(6);
    for (const seq of changes.slice(0, 5)) {
      await page.keyboard.press('.');
      await cursorAt(page, seq);
      await settled(page);
      const word = rises.has(seq) ? 'unknown, line high' : 'unknown, line low';
      await page.locator(`[data-lane="vcpu0.ppi27"] [title="${word}"]`).waitFor();
      expect(await page.locator('[data-lane="vcpu0.ppi27"] svg[role=img]').getAttribute('aria-label')).toBe(word);
      expect(await page.locator('[data-ppi="27"]').getAttribute('aria-label')).toContain(word);
      const card = page.getByTestId('interrupt-card');
      expect(await card.textContent()).toContain(word);
      expect(await card.locator('[data-fact=line]').textContent()).toBe(`Line${rises.has(seq) ? 1 : 0}`);
      expect(await card.textContent()).toContain('pending and active are not known');
    }
    await page.keyboard.press(',');
    await cursorAt(page, changes[3] ?? NaN);
    expect(await axeFaults(page)).toEqual([]);
  });

  it('take a breakpoint on the line with B, from the lane and from the cell', async () => {
    const page = await openRecording();
    await page.locator('[data-lane="vcpu0.ppi27"]').click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('b');
    await page.getByTestId('breakpoint').waitFor();
    expect(await page.getByTestId('breakpoint').textContent()).toMatch(/PPI 27\s*line rises on\s*vCPU 0/);
    const rises = hits(RISES);
    await expect.poll(() => page.getByTestId('hit-count').textContent()).toBe(String(rises.length));
    for (const [index, seq] of rises.slice(0, 2).entries()) {
      await page.keyboard.press('F5');
      await cursorAt(page, seq);
      await settled(page);
      expect(await page.getByTestId('live-region').textContent()).toContain(`hit ${index + 1} of ${rises.length}`);
    }
    await page.locator('[data-ppi="30"]').dblclick();
    await expect.poll(() => page.getByTestId('breakpoint').count()).toBe(2);
    expect(await page.getByTestId('breakpoint').nth(1).textContent()).toMatch(/PPI 30\s*line rises on\s*vCPU 0/);
  });

  it('say in a tip and for a double-click how long the line was high, in both themes', async () => {
    const page = await openRecording();
    await page.locator('[data-lane="vcpu0.ppi27"]').click();
    await page.keyboard.press('Escape');
    const [rise = 0] = hits(RISES);
    await goTo(page, `#${rise}`);
    for (let n = 0; n < 5; n++) await page.keyboard.press('w');
    await settled(page);
    // The cursor is on the rise: a little behind it the line is high.
    const drawn = await snapshot(page);
    const lane = drawn?.lanes.find(({ id }) => id === 'vcpu0.ppi27');
    const canvas = await page.getByTestId('timeline-canvas').boundingBox();
    if (drawn === null || lane === undefined || canvas === null) throw new Error('the lane is not drawn');
    const { from, to } = drawn.window;
    const x = canvas.x + ((drawn.time - from) / (to - from)) * canvas.width + 8;
    const y = canvas.y + lane.y + lane.height / 2;
    await page.mouse.move(x, y);
    const tip = page.locator('.pointer-tip');
    await tip.waitFor();
    const [, lasting = ''] = /^PPI 27 CNTV: unknown, line high, (.+)$/.exec((await tip.innerText()).trim()) ?? [];
    expect(lasting).toMatch(/^\d+\.\d+ ms$/);
    await keepPicture(page, 'kvm-lines-near');
    await page.mouse.dblclick(x, y);
    await page.getByText(`${lasting} selected,`).first().waitFor();
    await page.keyboard.press('Control+Shift+L');
    await settled(page);
    await keepPicture(page, 'kvm-lines-near-other-theme');
  });

  it('offer in their menu to break on the line, and on nothing that the recording does not show', async () => {
    const page = await openRecording();
    const lane = await drawnLane(page, 'vcpu1.ppi30');
    const canvas = await page.getByTestId('timeline-canvas').boundingBox();
    if (lane === undefined || canvas === null) throw new Error('the lane is not drawn');
    await page.mouse.click(canvas.x + 60, canvas.y + lane.y + lane.height / 2, { button: 'right' });
    await page.getByRole('menuitem', { name: 'Break when its line rises' }).waitFor();
    expect(await page.getByRole('menuitem', { name: /becomes|masked/ }).count()).toBe(0);
    await page.getByRole('menuitem', { name: 'Break when its line rises' }).click();
    expect(await page.getByTestId('breakpoint').textContent()).toMatch(/PPI 30\s*line rises on\s*vCPU 1/);
  });
});
