/** Small text files of the person: saved as a download, chosen with the page's own file field. Both shells have them. */

/** Longest text that is read: far more than anything written by `saveText`. */
const MOST_BYTES = 10_000_000;

export function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * The text of a file that the person chooses; undefined when they choose none.
 * @param accept kinds of files, as an input element has them
 * @throws Error when it is too large
 */
export async function chooseText(accept: string): Promise<string | undefined> {
  const field = document.createElement('input');
  field.type = 'file';
  field.accept = accept;
  const file = await new Promise<File | undefined>((resolve) => {
    field.addEventListener('change', () => resolve(field.files?.[0]));
    field.addEventListener('cancel', () => resolve(undefined));
    field.click();
  });
  if (file === undefined) return undefined;
  if (file.size > MOST_BYTES)
    throw new Error(`${file.name} has ${file.size} bytes: too many for a file of breakpoints.`);
  return file.text();
}
