/**
 * One JSON document whose last member is a list that may be long: written page by page.
 */
import { type Output } from './output.ts';

export async function writeListDocument(
  out: Output,
  head: Readonly<Record<string, unknown>>,
  member: string,
  pages: AsyncIterable<readonly unknown[]>,
): Promise<void> {
  const members = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`);
  await out.write(`{\n${members.join('')}  ${JSON.stringify(member)}: [`);
  let separator = '\n';
  for await (const page of pages) {
    await out.write(
      page
        .map((item) => {
          const text = `${separator}    ${JSON.stringify(item)}`;
          separator = ',\n';
          return text;
        })
        .join(''),
    );
  }
  await out.write(separator === '\n' ? ']\n}\n' : '\n  ]\n}\n');
}
