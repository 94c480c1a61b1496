import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectReport, EVENTS_AROUND, type ReportSource } from '../../../core/export/report/collect.ts';
import { renderReport } from '../../../core/export/report/formats.ts';
import { codeSpan, escapeMarkdown } from '../../../core/export/report/markdown.ts';
import { escapeHtml, markup } from '../../../core/export/report/safe-html.ts';
import { intid } from '../../../core/gic/intid.ts';
import { event, life, reportSource } from './support.ts';

const render = async (format: 'html' | 'md', source: ReportSource, at = 50) =>
  renderReport(await collectReport(source, at), format);
const tags = (page: string) => page.match(/<[^>]*>/g) ?? [];

/** Names that a trace, a file or a guest could bring. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</style><style>*{display:none}',
    ']]><!--',
    '&lt;b&gt;',
    '| x | y |\n|---|---|\n',
    '\n\n# heading\n- item\n1. one\n> quote\n```\ncode\n',
    '[link](javascript:alert(1)) ![image](http://evil/x.png) <http://evil> http://evil www.evil.example a@evil.example',
    '**bold** __bold__ _it_ *it* ~~no~~ `code` $x$ #12 @me',
    '\\',
    '\u202egnp.exe\u001b[31m\u0000',
  ),
);

const report = await collectReport(reportSource(100), 50);

describe('a report', () => {
  it('has the cursor, the events around it and the state after it', async () => {
    expect(report.cursor).toEqual({ seq: 50, time: 50_000, vcpu: null });
    expect(report.events.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 2 * EVENTS_AROUND + 1 }, (_, n) => n + 30),
    );
    expect(report.state).toMatchObject({ vcpu: 0, runState: 'guest', unknown: 1 });
    expect(report.state?.registers.map(({ name }) => name)).toEqual(['ICC_PCR_EL1']);
    expect(report.state?.interrupts).toEqual([{ label: 'PPI 27', name: 'CNTV', state: 'pending' }]);
    expect((await collectReport(reportSource(100), 99)).events.at(-1)?.seq).toBe(99);
    expect((await collectReport(reportSource(100), 0)).events.map(({ seq }) => seq)[0]).toBe(0);
  });

  it('counts lives of each interrupt over its vCPUs, and what did not end', () => {
    expect(report.interrupts).toEqual([
      {
        label: 'PPI 27',
        name: 'CNTV',
        acknowledged: 3,
        deactivated: 2,
        lives: 4,
        neverAcknowledged: 1,
        neverDeactivated: 1,
      },
    ]);
    expect(report.totals).toEqual({ acknowledged: 3, deactivated: 2, neverAcknowledged: 1 });
  });

  it('says the longest wait in its title, and where it began', () => {
    expect(report.longest).toEqual({ label: 'PPI 27', name: 'CNTV', vcpu: 0, ns: 50_000, seq: 20 });
    const page = renderReport(report, 'html');
    expect(page).toContain('<h1 id="summary">PPI 27 (CNTV) on vCPU 0 waited 50.0 µs to be acknowledged</h1>');
    expect(page).toContain('The longest wait for an acknowledge began at #20.');
  });

  it('says how long input lines were high, which is all that a host may see', () => {
    const [, section = ''] = renderReport(report, 'md').split('## Input lines: inject → lowered, whole trace');
    expect(section.split('\n##')[0]).toMatch(/^\| PPI 27 CNTV \| 1 \| 1 \| 75\.0 µs \|.* `#10` \|$/m);
  });

  it('does not say that nothing was acknowledged where a recording shows no acknowledge', async () => {
    const { trace, ...source } = reportSource(100);
    const none = trace.interrupts.map((one) => ({ ...one, acknowledged: 0 }));
    const raised = [life(0, { raised: 1 }), life(0, { raised: 20, deactivated: 30 })];
    const page = await render('md', { ...source, trace: { ...trace, interrupts: none }, lives: () => raised });
    expect(page).toContain(
      'Interrupts were raised or became pending 2 times; the recording shows no acknowledge, and 2 deactivations.',
    );
    expect(page).toContain('none seen');
    // Of a trace in which nothing was raised either that is all there is to say.
    const idle = await render('md', { ...source, trace: { ...trace, interrupts: [] }, lives: () => [] });
    expect(idle).toContain('Interrupts were acknowledged 0 times and deactivated 0 times.');
  });

  it('shows only interrupts that do something in its figure, with hatches for masked and waiting', () => {
    expect(report.figure).toMatchObject({ from: 0, to: 99_000, truncated: false });
    expect(report.figure?.lanes.map(({ label }) => label)).toEqual(['vCPU 0', 'PPI 27']);
    const page = renderReport(report, 'html');
    for (const mark of ['url(#masked)', 'url(#waits)', 'url(#both)', 'var(--st-active)', 'url(#unknown)'])
      expect(page).toContain(mark);
  });

  it('stands without figure, state, lives or events', async () => {
    const { lanes: _, ...bare } = reportSource(1);
    const one = await collectReport({ ...bare, lives: () => [] }, 0);
    expect(one.figure).toBeUndefined();
    expect(renderReport(one, 'html')).toContain('<h1 id="summary">Interrupt trace boot.gscope</h1>');
    const none = await collectReport({ ...reportSource(0), lives: () => [] }, -1);
    expect([none.cursor, none.state, none.events]).toEqual([undefined, undefined, []]);
    for (const format of ['html', 'md'] as const) expect(renderReport(none, format)).toContain('Interrupt trace boot');
  });

  it('says what the rules found, with its events and the clause, in both formats', async () => {
    const page = renderReport(report, 'html');
    expect(page).toContain('<a href="#findings">Findings</a>');
    expect(page).toContain('>#4</td>');
    expect(renderReport(report, 'md')).toContain(
      '| Lock inversion | Two threads stop. | `#4` | 2 | kvm-vgic-v5-spi §2 |',
    );
    const without = renderReport(await collectReport({ ...reportSource(100), findings: [] }, 50), 'html');
    expect(without).not.toContain('Findings');
  });

  it('is the same for the same trace and time', async () => {
    expect(await render('html', reportSource(100))).toBe(await render('html', reportSource(100)));
  });
});

const page = await render('html', reportSource(100));

describe('the web page', () => {
  it('is one file without script, fetching nothing', () => {
    expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(page).not.toMatch(/<script|<link|<iframe|javascript:|\son\w+=|src=|url\((?!#)|@import|https?:/i);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('opens and closes its elements in order', () => {
    const open: string[] = [];
    for (const tag of tags(page.replace(/<style>[^]*?<\/style>/, ''))) {
      const name = /^<\/?([a-z0-9]+)/i.exec(tag)?.[1] ?? '';
      if (tag.startsWith('</')) expect(open.pop()).toBe(name);
      else if (!tag.endsWith('/>') && !['!doctype', 'meta'].includes(name) && name !== '') open.push(name);
    }
    expect(open).toEqual([]);
  });

  it('links its contents to its sections', () => {
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(8);
    for (const id of links) expect(page.split(`id="${id}"`)).toHaveLength(2);
  });

  it('has both colour schemes and an A4 page', () => {
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).toContain('@page{size:A4;margin:16mm 14mm}');
  });

  it('marks the row of the cursor', () => {
    expect(page.match(/<tr class="here">/g)).toHaveLength(1);
    expect(page).toMatch(/<tr class="here"><td class="m w">#50<\/td>/);
  });

  it('never makes markup of hostile names', async () => {
    const clean = tags(await render('html', reportSource(100, 'x')));
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        fc.pre(text !== '');
        expect(tags(await render('html', reportSource(100, text)))).toEqual(clean);
      }),
    );
  });

  it('shows hostile names as the text they are', async () => {
    expect(await render('html', reportSource(100, '<b>&amp;'))).toContain('ICC_PCR_EL1&lt;b&gt;&amp;amp;');
  });

  it('stays under 2 MB whatever the trace holds', async () => {
    const long = '\u0000"<&'.repeat(2000);
    const many = Array.from({ length: 3000 }, (_, n) => ({
      intid: intid('lpi', n),
      label: long,
      name: long,
      vcpu: 0,
      acknowledged: 1e9,
      deactivated: 1e9,
    }));
    const plain = reportSource(100, long);
    const register = { name: long, value: `0x${'f'.repeat(16)}`, text: long, summary: long };
    const source: ReportSource = {
      ...plain,
      trace: {
        ...plain.trace,
        interrupts: many,
        source: { ...plain.trace.source, facts: Object.fromEntries(many.map((_, n) => [`${n}${long}`, long])) },
      },
      lives: () =>
        many.map(({ intid: id }) => ({ ...life(0, { raised: 1, acknowledged: 4, deactivated: 6 }), intid: id })),
      lines: () => [],
      inspect: () => ({
        runState: 'guest',
        registers: Array.from({ length: 5000 }, () => register),
        ppis: [],
        shared: [],
      }),
      lanes: (from, to) =>
        Array.from({ length: 40 }, () => ({
          type: 'interrupt' as const,
          label: long,
          sublabel: long,
          segments: Array.from({ length: 400 }, (_, n) => ({ start: from + n, end: to, code: 0x79 })),
        })),
    };
    const report = await collectReport(source, 50);
    expect(report.figure?.truncated).toBe(true);
    expect(report.omitted).toEqual({ interrupts: 2800, latency: 2800, registers: 4600 });
    expect(report.totals.acknowledged).toBe(3000 * 1e9);
    expect(renderReport(report, 'md')).toContain('4,600 further registers are left out.');
    for (const format of ['html', 'md'] as const) expect(renderReport(report, format).length).toBeLessThan(2e6);
  });
});

describe('safe HTML', () => {
  it('escapes every value, also within lists and attributes, except what the tag itself made', () => {
    const inner = markup`<i>${'a<b'}</i>`;
    expect(markup`<p title="${`"'><`}">${[inner, '&', 1]}</p>`.toString()).toBe(
      '<p title="&quot;&#39;&gt;&lt;"><i>a&lt;b</i>&amp;1</p>',
    );
  });

  it('leaves nothing that HTML gives a meaning to', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text).replace(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toMatch(/[<>"'`&]/);
      }),
    );
  });
});

describe('Markdown', () => {
  it('keeps register names readable', () => {
    expect(escapeMarkdown('ICC_PCR_EL1 ← 0x0f (PPI 27)')).toBe('ICC_PCR_EL1 ← 0x0f (PPI 27)');
  });

  it('leaves no markup, link, mention or line end in text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const left = escapeMarkdown(text).replace(/\\[\\`*[\]<>&|~!$_:@.#+=-]/g, 'e');
        expect(left).not.toMatch(/[`*[\]<>&|~$@\n\r]|:\/\/|www\.|#\d|^\s*([-+=#]|\d+[.)])/i);
        expect(left).not.toMatch(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/);
      }),
    );
  });

  it('fences code with more backticks than it holds, and escapes bars', () => {
    expect([codeSpan('#12'), codeSpan('a`b'), codeSpan('a|b'), codeSpan('')]).toEqual([
      '`#12`',
      '`` a`b ``',
      '`a\\|b`',
      '',
    ]);
  });

  it('keeps its lines and the cells of its tables whatever the names', async () => {
    const shape = async (text: string) =>
      (await render('md', reportSource(100, text)))
        .split('\n')
        .filter((line) => !line.startsWith('    '))
        .map(
          (line) =>
            line
              .replace(/\\\\/g, '')
              .replace(/\\\|/g, '')
              .match(/^\||(?<=.)\|/g)?.length ?? 0,
        );
    const clean = await shape('x');
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        fc.pre(text.trim() !== '');
        expect(await shape(text)).toEqual(clean);
      }),
    );
  });

  it('marks the event of the cursor', async () => {
    expect(await render('md', reportSource(100))).toContain('| **→ `#50`** |');
  });

  it('quotes file names that a shell would take apart', async () => {
    expect(await render('md', reportSource(100, "; rm -rf ~ '"))).toContain(
      `gicscope state 'boot; rm -rf ~ '\\''.gscope' --at '#50'`,
    );
    expect(await render('md', reportSource(100))).toContain(`    gicscope state boot.gscope --at '#50'\n`);
  });
});

it('events have the form that lists show', () => {
  expect(event(10).intid).toBe(0x2000_001b);
});
