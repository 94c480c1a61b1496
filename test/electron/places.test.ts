import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findPlaces } from '../../electron/places.ts';

const places = (env: Record<string, string>, platform: NodeJS.Platform) =>
  findPlaces(import.meta.url, env, platform, '/home/ada');

describe('where things lie', () => {
  it('finds the application above the module that asks', () => {
    const { root, samples, renderer, version } = places({}, 'linux');
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(import.meta.url.startsWith(pathToFileURL(root).href)).toBe(true);
    expect(samples).toBe(`${root}/traces`);
    expect(renderer).toBe(`${root}/out/renderer`);
  });

  it('keeps what is the person’s where each system wants it', () => {
    expect(places({}, 'linux')).toMatchObject({
      stateFile: '/home/ada/.config/gicscope/state.json',
      imports: '/home/ada/.local/share/gicscope/traces',
    });
    expect(places({ XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' }, 'linux')).toMatchObject({
      stateFile: '/c/gicscope/state.json',
      imports: '/d/gicscope/traces',
    });
    expect(places({}, 'darwin').stateFile).toBe('/home/ada/Library/Application Support/gicscope/state.json');
    expect(places({ APPDATA: '/r', LOCALAPPDATA: '/l' }, 'win32')).toMatchObject({
      stateFile: '/r/gicscope/state.json',
      imports: '/l/gicscope/traces',
    });
    expect(places({ GICSCOPE_HOME: '/own' }, 'win32')).toMatchObject({
      stateFile: '/own/state.json',
      imports: '/own/traces',
    });
  });
});
