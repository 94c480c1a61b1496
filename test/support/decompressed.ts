/** A recording of the test data without its compression. */
import { openSource } from '../../core/import/source/source.ts';

export async function decompressed(path: string): Promise<Buffer> {
  const source = await openSource(path);
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.chunks) chunks.push(chunk);
  await source.close();
  return Buffer.concat(chunks);
}
