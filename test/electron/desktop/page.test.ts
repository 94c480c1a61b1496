import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOurPage, pageUrl, servePage } from '../../../electron/desktop/page.ts';
import { webAddress } from '../../../electron/desktop/web-address.ts';

describe('the pages of the desktop window', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gicscope-page-'));
    mkdirSync(join(folder, 'renderer', 'assets'), { recursive: true });
    writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html><title>window</title>');
    writeFileSync(join(folder, 'renderer', 'assets', 'main.js'), 'export {};');
    writeFileSync(join(folder, 'secret.html'), 'secret');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const get = (url: string, method = 'GET') => servePage(join(folder, 'renderer'), new Request(url, { method }));

  it('carry the trace to open in their address', () => {
    expect(pageUrl()).toBe('gicscope://app/');
    const url = new URL(pageUrl('/a b&c=d#e.gscope'));
    expect(url.searchParams.get('open')).toBe('/a b&c=d#e.gscope');
    expect(isOurPage(url.href)).toBe(true);
  });

  it('are told from everything else', () => {
    const others = [
      'gicscope://app.evil.example/',
      'gicscope://evil/app/',
      'gicscope:app',
      'https://app/',
      'https://gicscope/',
      'file:///app/index.html',
      'data:text/html,x',
      'about:blank',
      '',
      'gicscope://app:80@evil/',
    ];
    for (const url of others) expect(isOurPage(url), url).toBe(false);
  });

  it('come with the policy, and from nowhere but the built window', async () => {
    const page = await get(pageUrl('/x.gscope'));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('window');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect((await get('gicscope://app/assets/main.js')).headers.get('content-type')).toMatch(/^text\/javascript/);
    for (const path of ['../secret.html', '..%2fsecret.html', 'assets/..%2f..%2fsecret.html', 'none.html']) {
      expect((await get(`gicscope://app/${path}`)).status, path).toBe(404);
    }
    expect((await get('gicscope://other/index.html')).status).toBe(403);
    expect((await get('gicscope://app/', 'POST')).status).toBe(403);
  });
});

describe('an address for the system’s browser', () => {
  it('is https, and shows where it goes', () => {
    expect(webAddress('https://example.org/a?b#c')).toBe('https://example.org/a?b#c');
    const refused = [
      'http://example.org',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'https://bank.example@evil.example/',
      'x',
      '',
    ];
    for (const url of refused) expect(webAddress(url), url).toBeUndefined();
  });
});
