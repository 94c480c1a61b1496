/**
 * The folder that a list shows and the one that its field names. Answers may come late and in any order: only the one
 * that was asked for last counts, and what a person types meanwhile stays.
 */
import { type Ref, ref, type ShallowRef, shallowRef } from 'vue';
import { type Result } from '../../core/session/contract.ts';
import { latest } from '../query/latest.ts';
import { isCancelled, messageOf } from '../transport.ts';

type Listing = Result<'files.list'>;

/**
 * `failed`: the folder cannot be listed; `replaced`: another one was asked for; `typed`: shown under a field that is being
 * typed into.
 */
export type Shown = 'shown' | 'typed' | 'replaced' | 'failed';

export interface FolderListing {
  readonly listing: Readonly<ShallowRef<Listing | undefined>>;
  /** Text of the field. */
  readonly folder: Ref<string>;
  readonly failure: Readonly<Ref<string>>;
  show(path: string): Promise<Shown>;
  /** Shows what the field names, or, where that is gone, the backend's own default (''). */
  start(): Promise<Shown>;
}

/** @param list asks the backend for a folder */
export function folderListing(
  list: (folder: string, signal: AbortSignal) => Promise<Listing>,
  first: string,
): FolderListing {
  const listing = shallowRef<Listing | undefined>();
  const folder = ref(first);
  const failure = ref('');
  const lister = latest(list);

  async function show(path: string): Promise<Shown> {
    const before = folder.value;
    try {
      const answer = await lister.ask(path);
      if (answer === undefined) return 'replaced';
      listing.value = answer;
      failure.value = '';
      if (folder.value !== before) return 'typed';
      folder.value = answer.folder;
      return 'shown';
    } catch (error) {
      if (isCancelled(error)) return 'replaced';
      failure.value = messageOf(error);
      return 'failed';
    }
  }

  async function start(): Promise<Shown> {
    const shown = await show(folder.value);
    return shown === 'failed' && folder.value !== '' ? await show('') : shown;
  }

  return { listing, folder, failure, show, start };
}
