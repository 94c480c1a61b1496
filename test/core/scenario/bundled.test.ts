import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lanesOf } from '../../../core/session/lane-columns.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { verifyTrace } from '../../support/verify-trace.ts';
import { BUNDLED, Lab } from './support.ts';

const names = readdirSync(BUNDLED)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace('.yaml', ''));
const lab = new Lab();
afterAll(() => lab.close());

describe('the bundled scenarios', () => {
  it.each(names)('%s meets all that it expects', async (name) => {
    const { checks, failed } = await lab.record(name);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.length).toBeGreaterThan(3);
    expect(failed).toBe(0);
  });

  it.each(['two-vcpus-one-cpu', 'dvi-off'])(
    '%s gives the same content again, and another run another',
    async (name) => {
      const first = await lab.record(name);
      const second = await lab.record(name);
      expect(second.contentDigest).toBe(first.contentDigest);
      expect(second.stateDigest).toBe(first.stateDigest);
      expect((await lab.record('dvi-on')).contentDigest).not.toBe(first.contentDigest);
    },
  );

  it('differ under another profile where the profiles do', async () => {
    const { failed, checks } = await lab.record('hidden-ppi-before-fix', { profile: 'series-queued' });
    expect(failed).toBeGreaterThan(0);
    expect(checks.find(({ what }) => what === 'X1 of vCPU 0 at seen')).toMatchObject({
      ok: false,
      expected: '0x5c800008',
      found: '0x48000008',
    });
  });

  it('leave traces that carry scenario, profile and seed, and agree with themselves', async () => {
    await lab.record('stale-vmcr-after-migration', { seed: 5 });
    const reader = new TraceReader(lab.path('out.gscope'));
    try {
      const info = reader.info();
      expect(info).toMatchObject({ gic: 'v5', profile: 'series-first', vcpus: 2, complete: true });
      const config: unknown = JSON.parse(info.config ?? '');
      expect(config).toMatchObject({
        scenario: 'stale-vmcr-after-migration',
        seed: 5,
        text: readFileSync(join(BUNDLED, 'stale-vmcr-after-migration.yaml'), 'utf8'),
      });
      expect(info.interrupts.find(({ label }) => label === 'PPI 27')?.acknowledged).toBeGreaterThan(5);
      expect(verifyTrace(reader)).toMatchObject({ ok: true });
    } finally {
      reader.close();
    }
  });

  it('can be imported: opening a scenario records it', async () => {
    const path = join(BUNDLED, 'dvi-on.yaml');
    const signal = new AbortController().signal;
    expect(await lab.backend.handle('files.detect', { path }, signal)).toMatchObject({
      kind: 'importable',
      format: 'scenario',
    });
    const progress = await lab.task('import.start', { files: [path], output: lab.path('i.gscope'), overwrite: false });
    expect(progress).toMatchObject({ state: 'done', output: lab.path('i.gscope') });
    const info = await lab.backend.handle('trace.open', { path: lab.path('i.gscope') }, signal);
    expect(info.source.kind).toBe('scenario');
    expect(lanesOf(info).map(({ id }) => id)).toEqual(expect.arrayContaining(['vcpu0', 'vcpu0.ppi30']));
  });

  it('are all on the start screen, with their own titles and two lines of explanation', async () => {
    const signal = new AbortController().signal;
    const { scenarios, profiles } = await lab.backend.handle('scenario.list', {}, signal);
    const { samples } = await lab.backend.handle('app.info', {}, signal);
    for (const { path, title, about } of scenarios) {
      const sample = samples.find((each) => each.path === path);
      expect(sample).toEqual({ path, title, summary: about.split('\n').join(' ') });
      expect(about.split('\n')).toHaveLength(2);
    }
    expect(scenarios.map(({ name }) => name)).toEqual(names);
    expect(profiles.map(({ name }) => name)).toContain('restore-unmasked');
  });
});
