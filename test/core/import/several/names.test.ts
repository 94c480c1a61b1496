/** What several files are called. */
import { describe, expect, it } from 'vitest';
import { tellingNames } from '../../../../core/import/several/names.ts';

describe('the names of several files', () => {
  it('are without folders where they differ', () => {
    expect(tellingNames(['/a/x.log', '/b/y.log'])).toEqual(['x.log', 'y.log']);
    expect(tellingNames(['/a/x.log'])).toEqual(['x.log']);
    expect(tellingNames([])).toEqual([]);
  });

  it('have as many folders as tell them apart, and a number where it is the same file', () => {
    expect(tellingNames(['/r/a/x', '/r/b/x', '/y'])).toEqual(['a/x', 'b/x', 'y']);
    expect(tellingNames(['/1/a/x', '/2/a/x', '/2/b/x'])).toEqual(['1/a/x', '2/a/x', 'b/x']);
    expect(tellingNames(['/r/a\\x', '/r/a/x'])).toHaveLength(2);
    expect(tellingNames(['/x', '/a/x'])).toEqual(['/x', 'a/x']);
    expect(tellingNames(['/a/x', '/a/x', '/b/y'])).toEqual(['x', 'x (2)', 'y']);
  });
});
