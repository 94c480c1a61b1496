/** Importing in the window: what files are is said before anything is done, several are one trace, a log is followed. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceTree } from '../support/device-tree.ts';
import { axeFaults } from './harness/axe.ts';
import { dropFiles, openedTrace, settled, snapshot } from './harness/page.ts';
import { longRecording, smallRecording } from './harness/recordings.ts';
import { root } from './harness/places.ts';
import { runCli } from './harness/sample.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture, openWindow } from './harness/window.ts';

const { closeLater } = sampleWindows();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-import-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function startScreen(): Promise<Page> {
  const window = await openWindow();
  closeLater(window);
  await window.page.getByTestId('drop').waitFor();
  return window.page;
}

/** Goes to a folder in the list of the dialog and takes a file of it. */
async function takeFile(page: Page, path: string): Promise<void> {
  const at = path.lastIndexOf('/');
  const field = page.getByLabel('Folder', { exact: true });
  await field.fill(path.slice(0, at));
  await field.press('Enter');
  await page.locator(`[data-name="${path.slice(at + 1)}"]`).click();
}

/** Path of the open trace, as the window tells it. */
async function openPath(page: Page): Promise<string> {
  await page.getByTestId('source').click();
  const facts = await page.getByTestId('trace-facts').innerText();
  await page.keyboard.press('Escape');
  return /File\s+(\S+\.gscope),/.exec(facts)?.[1] ?? '';
}

/** As the kernel's `trace_pipe` prints them. */
const timerIrqs = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) =>
      `          <idle>-0       [001] d.h1. ${(78 + (from + i) / 1000).toFixed(6)}: irq_handler_entry: irq=14 name=arch_timer\n`,
  ).join('');

describe('importing several files', () => {
  it('says what each is and how they fit before it begins, and the trace says how it was done', async () => {
    const page = await startScreen();
    const whole = smallRecording(3000).trimEnd().split('\n');
    const half = (odd: number): string => whole.filter((_line, i) => i % 2 === odd).join('\n');
    await dropFiles(page, '[data-testid=window]', {
      'thread-1.log': half(0),
      'thread-2.log': half(1),
      'guest.txt': timerIrqs(0, 50),
    });
    const files = page.getByTestId('import-file');
    const formats = (): Promise<(string | null)[]> =>
      files.evaluateAll((all) => all.map((row) => row.getAttribute('data-format')));
    await expect.poll(formats).toEqual(['qemu-log', 'qemu-log', 'ftrace']);
    const placed = (): Promise<string[]> => page.getByTestId('import-placed').allTextContents();
    expect((await placed())[0]).toMatch(/Recording 1: merged line by line; times are the reference/);
    expect((await placed())[2]).toMatch(/Recording 2: times by interrupts that both show/);
    expect(await page.getByTestId('import-summary').textContent()).toMatch(
      /3 files, 2 recordings · needs up to .* free/,
    );

    const offset = page.getByTestId('import-offset').nth(2);
    await offset.fill('2 hours');
    await page.getByText('An offset is a number with a unit').waitFor();
    expect(await page.getByTestId('import-start').isDisabled()).toBe(true);
    await offset.fill('+250ms');
    await expect.poll(async () => (await placed())[2]).toMatch(/times by the offset given/);
    await keepPicture(page, 'import');
    expect(await axeFaults(page, '[data-testid=dialog]')).toEqual([]);
    await page.keyboard.press('Enter');
    await openedTrace(page);
    await page.getByTestId('source').click();
    const facts = await page.getByTestId('trace-facts').innerText();
    expect(facts).toMatch(/guest\.txt: begins\s+0\.250000000 s: the offset given/);
    expect(facts).toMatch(/thread-1\.log, thread-2\.log, guest\.txt/);
    await page.keyboard.press('Escape');
  });

  it('says why one of them cannot be imported, and goes on without it', async () => {
    const page = await startScreen();
    // From its middle on, a log does not say how many CPUs the machine has.
    const middle = smallRecording(1500).split('\n').slice(1000).join('\n');
    await dropFiles(page, '[data-testid=window]', { 'a.log': middle, 'perf.data': 'PERFILE2 and more' });
    await page.getByText(/perf\.data file.*Convert it first: perf script/).waitFor();
    await expect.poll(() => page.getByTestId('import-problem').textContent()).toBe('1 of 2 files cannot be imported');
    await page.getByRole('button', { name: 'Leave out perf.data' }).click();
    await expect.poll(() => page.getByTestId('import-start').isEnabled()).toBe(true);
    await page.getByTestId('import-vcpus').fill('4');
    await page.getByTestId('import-start').click();
    await openedTrace(page);
    await page.getByText('4 vCPUs', { exact: true }).waitFor();
  });
});

describe('a recording of a guest', () => {
  it('has its CPUs as vCPUs where a person says that it is one', async () => {
    const page = await startScreen();
    await dropFiles(page, '[data-testid=window]', { 'guest.txt': timerIrqs(0, 50), 'vm.log': smallRecording(300) });
    const files = page.getByTestId('import-file');
    await expect.poll(() => files.count()).toBe(2);
    const guest = page.getByLabel('guest.txt was recorded inside the guest');
    await guest.waitFor();
    // Not of a log of the emulator.
    expect(await page.getByTestId('import-guest').count()).toBe(1);
    await guest.focus();
    await page.keyboard.press('Space');
    expect(await guest.isChecked()).toBe(true);
    await keepPicture(page, 'import-guest');
    expect(await axeFaults(page, '[data-testid=dialog]')).toEqual([]);
    await page.getByTestId('import-start').click();
    await openedTrace(page);
    await page.getByTestId('source').click();
    expect(await page.getByTestId('trace-facts').innerText()).toMatch(
      /guest\.txt: vCPUs from\s+.*you say that it was recorded inside the guest/,
    );
  });
});

describe('a recording of a KVM host', () => {
  it('is told where the guest has its GIC, by addresses or a device tree, and says what is wrong with them', async () => {
    const recording = join(root, 'test/data/import/raw-arch_timer.trace.txt.xz');
    const gic = { compatible: 'arm,gic-v3', reg: [0, 0x802_0000, 0, 0x1_0000, 0, 0x803_0000, 0, 0x4_0000] };
    writeFileSync(join(folder, 'virt.dtb'), deviceTree({ '#address-cells': [2], '#size-cells': [2], gic }));
    writeFileSync(join(folder, 'virt.dts'), '/dts-v1/;');
    const page = await startScreen();
    await page.keyboard.press('Control+Shift+O');
    await takeFile(page, recording);
    const registers = page.getByTestId('import-registers');
    const problem = page.getByTestId('import-registers-problem');
    const start = page.getByTestId('import-start');
    await registers.selectOption('list');
    // All by keys from here on: the field is the next stop after the choice.
    await registers.focus();
    await page.keyboard.press('Tab');
    await page.keyboard.type('GICD=8020000');
    await expect.poll(() => problem.innerText()).toMatch(/FRAME=ADDRESS is expected, such as GICD=0x8000000/);
    expect(await start.isDisabled()).toBe(true);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('GICD=0x8020000,GICR=0x8030000');
    await expect
      .poll(() => page.getByTestId('import-registers-found').innerText())
      .toBe('GICD 0x8020000, GICR 0x8030000 (from the user)');

    await registers.selectOption('tree');
    await page.getByTestId('import-dtb').fill(join(folder, 'virt.dts'));
    await expect.poll(() => problem.innerText()).toMatch(/no device tree blob.*\n?.*dtc -O dtb/);
    await keepPicture(page, 'import-registers-wrong');
    expect(await start.isDisabled()).toBe(true);
    await page.getByTestId('import-dtb').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await takeFile(page, join(folder, 'virt.dtb'));
    await expect
      .poll(() => page.getByTestId('import-registers-found').innerText())
      .toBe('GICD 0x8020000, GICR 0x8030000 (from the device tree virt.dtb)');
    expect(await page.getByTestId('import-dtb').evaluate((field) => field === document.activeElement)).toBe(true);
    await keepPicture(page, 'import-registers');
    expect(await axeFaults(page, '[data-testid=dialog]')).toEqual([]);
    await start.press('Enter');
    await openedTrace(page);
    await page.getByTestId('source').click();
    expect(await page.getByTestId('trace-facts').innerText()).toMatch(
      /register frames\s+GICD 0x8020000, GICR 0x8030000 \(from the device tree virt\.dtb\)/,
    );
  });
});

describe('an import that was cut off', () => {
  it('is gone on with under its name, and a trace that is there is replaced only when a person says so', async () => {
    const log = join(folder, 'cut.txt');
    writeFileSync(log, timerIrqs(0, 30));
    const trace = join(folder, 'cut.gscope');
    runCli(['import', log, '-o', trace]);
    renameSync(trace, `${trace}.partial`);
    appendFileSync(log, timerIrqs(30, 50));
    const page = await startScreen();
    await page.keyboard.press('Control+Shift+O');
    await takeFile(page, log);
    await page.getByTestId('import-output').fill(trace);
    const goOn = page.getByTestId('import-resume');
    await page.getByText('go on with cut.gscope, which was cut off after 30 events').waitFor();
    expect(await goOn.isChecked()).toBe(true);
    await keepPicture(page, 'import-resume');
    // With the keyboard: not after all, then yes again.
    await goOn.focus();
    await page.keyboard.press('Space');
    await expect
      .poll(() => page.getByTestId('import-output-problem').innerText())
      .toMatch(/cut off: 30 events.*Choose another name or replace it/);
    expect(await page.getByTestId('import-start').isDisabled()).toBe(true);
    await page.keyboard.press('Space');
    await page.getByTestId('import-output').press('Enter');
    expect((await openedTrace(page)).events).toBe(50);
    expect(existsSync(`${trace}.partial`)).toBe(false);

    const before = readFileSync(trace);

    await page.keyboard.press('Control+Shift+O');
    await takeFile(page, log);
    await page.getByTestId('import-output').fill(trace);
    await page.getByText(/is complete: 50 events/).waitFor();
    expect(await page.getByTestId('import-start').isDisabled()).toBe(true);
    await page.getByTestId('import-replace').check();
    expect(await page.getByTestId('import-start').isEnabled()).toBe(true);
    await page.keyboard.press('Escape');
    expect(readFileSync(trace).equals(before)).toBe(true);
  });
});

describe('a long import', () => {
  it('shows bytes, rate and what is left, and keeps what it has when it is stopped', async () => {
    const window = await openWindow({ trace: longRecording(folder, 12) });
    closeLater(window);
    const { page } = window;
    const card = page.getByTestId('import-card');
    await expect
      .poll(() => card.innerText(), { timeout: 30_000 })
      .toMatch(/MB of .* MB[^]* %[^]* left[^]*events, [\d,]+ a second/);
    await keepPicture(page, 'import-card');
    await page.getByTestId('import-keep').click();
    const { events } = await openedTrace(page);
    expect(events).toBeGreaterThan(1000);
    await page.getByTestId('source').click();
    expect(await page.getByTestId('trace-facts').innerText()).toMatch(/ends early\s+the import was stopped/);
  });
});

describe('a log that grows', () => {
  it('is opened while it does, takes the cursor along, and is whole when it is stopped', async () => {
    const log = join(folder, 'pipe.txt');
    writeFileSync(log, timerIrqs(0, 40));
    const page = await startScreen();
    await page.keyboard.press('Control+Shift+O');
    await takeFile(page, log);
    await page.getByTestId('import-follow').check();
    await page.getByTestId('import-start').click();
    await openedTrace(page);
    const bar = page.getByTestId('growth-bar');
    await bar.getByText('Following pipe.txt').waitFor();
    const at = async (): Promise<number> => (await snapshot(page))?.seq ?? NaN;
    const shown = async (): Promise<number> => (await snapshot(page))?.events ?? NaN;
    await expect.poll(at).toBe((await shown()) - 1);
    const before = await shown();
    appendFileSync(log, timerIrqs(40, 90));
    await expect.poll(shown).toBe(before + 50);
    await expect.poll(at).toBe(before + 49);

    // Moved away from the end, the cursor stays.
    await page.keyboard.press('Shift+F10');
    await settled(page);
    appendFileSync(log, timerIrqs(90, 100));
    await expect.poll(shown).toBe(before + 60);
    expect(await at()).toBe(before + 48);
    await keepPicture(page, 'following');
    await bar.getByRole('button', { name: /go to the end/ }).click();
    await expect.poll(at).toBe(before + 59);
    await page.getByTestId('growth-stop').click();
    await bar.waitFor({ state: 'detached' });
    await page.getByText('index complete').waitFor();
    const facts = JSON.parse(runCli(['info', await openPath(page), '--json'])) as { events: number; complete: boolean };
    expect(facts).toMatchObject({ events: before + 60, complete: true });
  });
});
