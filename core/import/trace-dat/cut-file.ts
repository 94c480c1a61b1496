/**
 * A version 7 file that ends before its last list of options, as a copy does that was broken off: the tables of CPUs
 * stand in that list, behind the data. Sections follow one another (trace-import-formats §5.4), so those that are there
 * are found by walking, and in a buffer the data of each CPU, which begins at a page (§5.5).
 *
 * Which CPU is whose is proven where as many have data as the machine has CPUs; else they are −1, none. Raw pages have no
 * mark where the next CPU's begin, but stamps of one CPU ascend: pages are divided where they do not.
 */
import { Bytes } from './bytes.ts';
import { type BufferData, type CpuData, MOST_CPUS } from './dat-head.ts';
import { ID } from './options.ts';
import { type RandomFile } from './random-file.ts';

export interface Section {
  readonly id: number;
  readonly flags: number;
  readonly at: number;
  /** Of what follows its 16 bytes. */
  readonly size: number;
  /** All of it is there. */
  readonly isWhole: boolean;
}

const HEAD = 16;
/** No version of the format has sections beyond. */
const MOST_ID = 64;
const MOST_SECTIONS = 65_536;
const LARGEST_CHUNK = 64 * 1024 * 1024;

/** The sections from `start` to the end of the file, or to what is none. */
export function sectionsFrom(file: RandomFile, start: number, little: boolean): Section[] {
  const sections: Section[] = [];
  for (let at = start; at + HEAD <= file.size && sections.length < MOST_SECTIONS;) {
    const head = new Bytes(file.read(at, HEAD, 'a section'), at, little, 'a section');
    const id = head.u16();
    const flags = head.u16();
    head.u32();
    const size = head.u64();
    if (id > MOST_ID || size > BigInt(Number.MAX_SAFE_INTEGER)) break;
    const end = at + HEAD + Number(size);
    sections.push({ id, flags, at, size: Number(size), isWhole: end <= file.size });
    at = end;
  }
  return sections;
}

/** What is needed to find the data of CPUs. */
export interface CutFile {
  readonly file: RandomFile;
  readonly little: boolean;
  readonly pageSize: number;
  /** CPUs of the machine, 0: the file does not say. */
  readonly cpuCount: number;
}

/** The buffers that no option describes, in the order of the file. */
export function buffersIn(sections: readonly Section[], described: ReadonlySet<number>, cut: CutFile): BufferData[] {
  const lost = sections.filter(({ id, at }) => id === ID.buffer && !described.has(at));
  return lost.map((section, i) => {
    const isChunked = (section.flags & 1) !== 0;
    const places = isChunked ? chunkedData(section, cut) : rawData(section, cut);
    const isProven = places.length === cut.cpuCount;
    const cpus = places.map((place, cpu) => ({ ...place, cpu: isProven ? cpu : -1 }));
    const name = i + described.size === 0 ? '' : `buffer ${i + described.size + 1}`;
    return { name, clock: '', pageSize: cut.pageSize, isChunked, cpus };
  });
}

type Place = Omit<CpuData, 'cpu'>;

const endOf = ({ at, size }: Section, { file }: CutFile): number => Math.min(at + HEAD + size, file.size);

const nextPage = (at: number, size: number): number => Math.ceil(at / size) * size;

function chunkedData(section: Section, cut: CutFile): Place[] {
  const { file, little, pageSize } = cut;
  const end = endOf(section, cut);
  const places: Place[] = [];
  const number = (at: number): number =>
    new Bytes(file.read(at, 4, 'the chunks of a CPU'), at, little, 'the chunks of a CPU').u32();
  for (let at = nextPage(section.at + HEAD, pageSize); at + 12 <= end && places.length < MOST_CPUS;) {
    const offset = at;
    let chunks = number(at);
    at += 4;
    for (; chunks > 0 && at + 8 <= end; chunks--) {
      const packed = number(at);
      const plain = number(at + 4);
      if (packed === 0 || plain === 0 || plain > LARGEST_CHUNK || plain % pageSize !== 0) return places;
      at += 8 + packed;
    }
    if (at === offset + 4) return places;
    places.push({ offset, size: at - offset });
    at = nextPage(at, pageSize);
  }
  return places;
}

function rawData(section: Section, cut: CutFile): Place[] {
  const { file, little, pageSize } = cut;
  const end = endOf(section, cut);
  const places: Place[] = [];
  let start = nextPage(section.at + HEAD, pageSize);
  let last = -1n;
  let at = start;
  for (; at + HEAD <= end && places.length < MOST_CPUS; at += pageSize) {
    const stamp = new Bytes(file.read(at, 8, 'a sub-buffer'), at, little, 'a sub-buffer').u64();
    if (stamp < last) {
      places.push({ offset: start, size: at - start });
      start = at;
    }
    last = stamp;
  }
  if (at > start) places.push({ offset: start, size: at - start });
  return places;
}
