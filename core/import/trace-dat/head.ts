/**
 * Everything of a trace.dat but its events: its first bytes say which version it is (trace-import-formats §5.1), and both become one `DatHead`.
 * Sizes and counts are checked before memory is taken: no part may be larger than its limit, whatever it states.
 */
import { Bytes } from './bytes.ts';
import { checkedPage, type DatHead } from './dat-head.ts';
import { DatFault } from './fault.ts';
import { readVersion6 } from './head-v6.ts';
import { readVersion7 } from './head-v7.ts';
import { type RandomFile } from './random-file.ts';

const MAGIC_LENGTH = 10;

export function readHead(file: RandomFile): DatHead {
  const head = file.upTo(0, 4096);
  const bytes = new Bytes(head, 0, true, 'the header');
  bytes.at = MAGIC_LENGTH;
  const version = bytes.cstr();
  if (version !== '6' && version !== '7')
    throw new DatFault(
      'unsupported',
      MAGIC_LENGTH,
      `this is a trace.dat of version ${JSON.stringify(version.slice(0, 20))}; versions 6 and 7 can be read.`,
      'Convert it: trace-cmd convert -i FILE -o new.dat',
    );
  const order = bytes.u8();
  if (order > 1) throw bytes.fault('corrupt', `the byte order is ${order}; 0 (little) or 1 (big) was expected.`, 1);
  const little = order === 0;
  const userLong = bytes.u8();
  if (userLong !== 4 && userLong !== 8)
    throw bytes.fault('corrupt', `a long has ${userLong} bytes; 4 or 8 was expected.`, 1);
  const pageSize = checkedPage(new Bytes(bytes.bytes(4), bytes.at - 4, little, 'the header').u32(), bytes.at - 4);
  return version === '7' ? readVersion7(file, bytes, little, pageSize) : readVersion6(file, bytes.at, little, pageSize);
}
