import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { PROFILES } from '../../../core/kvm/profiles.ts';
import { ACTION_NAMES } from '../../../core/scenario/schema.ts';
import { Lab } from './support.ts';

const docs = readFileSync(new URL('../../../docs/scenarios.md', import.meta.url), 'utf8');
const examples = [...docs.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
const lab = new Lab();
afterAll(() => lab.close());

describe('docs/scenarios.md', () => {
  it.each(examples.map((text) => [/^name: (.*)$/m.exec(text)?.[1] ?? '', text]))(
    'has an example %s that meets what it expects',
    async (name, text) => {
      const file = lab.path(`${name}.yaml`);
      writeFileSync(file, text);
      const { checks, failed } = await lab.record(file);
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(failed).toBe(0);
    },
  );

  it('tells of every kernel behaviour what it is, since when, and what it changes', () => {
    const told = docs.replace(/ +/g, ' ');
    for (const { name, title, since, changes } of PROFILES)
      expect(told).toContain(`| \`${name}\` | ${title} | ${since} | ${changes.join(' ') || '–'} |`);
  });

  it('has several examples and names every action', () => {
    expect(examples.length).toBeGreaterThan(3);
    for (const name of ACTION_NAMES) expect(docs).toMatch(new RegExp(`\\b${name}\\b`));
  });
});
