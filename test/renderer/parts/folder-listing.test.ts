import { describe, expect, it } from 'vitest';
import { type Result } from '../../../core/session/contract.ts';
import { folderListing } from '../../../renderer/parts/folder-listing.ts';

type Listing = Result<'files.list'>;
const listingOf = (folder: string): Listing => ({ folder, parent: '/', entries: [] });

/** A backend that answers when told to, by the folder that was asked for. */
function slowBackend() {
  const asked = new Map<string, (answer: Listing | Error) => void>();
  const list = (folder: string): Promise<Listing> =>
    new Promise((resolve, reject) => {
      asked.set(folder, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  const answer = (folder: string, what: Listing | Error = listingOf(folder)): void => asked.get(folder)?.(what);
  return { list, answer, asked };
}

describe('the folder that a list shows', () => {
  it('is the one typed and asked for before the first listing came', async () => {
    const { list, answer, asked } = slowBackend();
    const files = folderListing(list, '');
    const started = files.start();
    files.folder.value = '/data';
    const typed = files.show('/data');
    answer('', listingOf('/home'));
    expect(await started).toBe('replaced');
    answer('/data');
    expect(await typed).toBe('shown');
    expect(files.listing.value?.folder).toBe('/data');
    expect([...asked.keys()]).toEqual(['', '/data']);
  });

  it('is listed under a name that is still being typed, which stays', async () => {
    const { list, answer } = slowBackend();
    const files = folderListing(list, '');
    const started = files.start();
    files.folder.value = '/da';
    answer('', listingOf('/home'));
    expect(await started).toBe('typed');
    expect(files.listing.value?.folder).toBe('/home');
    expect(files.folder.value).toBe('/da');
  });

  it('is the default where the remembered one is gone', async () => {
    const { list, answer, asked } = slowBackend();
    const files = folderListing(list, '/gone');
    const started = files.start();
    answer('/gone', new Error('there is no folder /gone'));
    await expect.poll(() => asked.has('')).toBe(true);
    expect(files.failure.value).toBe('there is no folder /gone');
    answer('', listingOf('/home'));
    expect(await started).toBe('shown');
    expect(files.folder.value).toBe('/home');
    expect(files.failure.value).toBe('');
  });
});
