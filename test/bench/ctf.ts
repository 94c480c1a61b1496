/**
 * A trace as CTF 1.8, which babeltrace2 reads: the events' fixed columns in packets of one block each, an event class
 * per event type, fields without padding. Details and state changes are left out: the peer is given less to read.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TraceReader } from '../../core/trace/reader.ts';

const MAGIC = 0xc1fc_1fc1;
/** Bytes of: packet header and context; id and time; payload. */
const PACKET_HEAD = 4 + 4 + 4 * 8;
const EVENT_HEAD = 2 + 8;
const PAYLOAD = 2 + 2 + 4 + 1 + 8 + 8;
const TWO32 = 0x1_0000_0000;

function metadata(reader: TraceReader): string {
  const classes = reader.types.types.map(
    ({ kind, source }, id) =>
      `event { name = "${source ?? kind}"; id = ${id}; stream_id = 0; fields := struct { int16 vcpu; uint16 small; ` +
      'uint32 name; uint8 flags; uint64 value; uint64 arg; }; };',
  );
  const integer = (size: number, signed: boolean): string =>
    `typealias integer { size = ${size}; align = 8; signed = ${signed}; } := ${signed ? '' : 'u'}int${size};`;
  return `/* CTF 1.8 */
${integer(16, true)} ${[8, 16, 32, 64].map((size) => integer(size, false)).join(' ')}
trace { major = 1; minor = 8; byte_order = le; packet.header := struct { uint32 magic; uint32 stream_id; }; };
clock { name = guest; freq = 1000000000; offset = 0; };
typealias integer { size = 64; align = 8; signed = false; map = clock.guest.value; } := time;
stream {
  id = 0;
  packet.context := struct { time timestamp_begin; time timestamp_end; uint64 content_size; uint64 packet_size; };
  event.header := struct { uint16 id; time timestamp; };
};
${classes.join('\n')}
`;
}

/** Writes the trace's events into a new folder. */
export function writeCtf(reader: TraceReader, folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'metadata'), metadata(reader));
  const out = openSync(join(folder, 'events'), 'w');
  for (let block = 0; block < reader.blocks.length; block++) writeSync(out, packet(reader, block));
  closeSync(out);
}

function packet(reader: TraceReader, block: number): Uint8Array {
  const { count, time, type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi } = reader.events(block);
  const bytes = new Uint8Array(PACKET_HEAD + count * (EVENT_HEAD + PAYLOAD));
  const view = new DataView(bytes.buffer);
  let at = 0;
  const u32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const u16 = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u64 = (value: number): void => {
    u32(value % TWO32);
    u32(Math.floor(value / TWO32));
  };
  u32(MAGIC);
  u32(0);
  u64(reader.blocks.firstTime(block));
  u64(reader.blocks.lastTimeOf(block));
  u64(bytes.length * 8);
  u64(bytes.length * 8);
  for (let i = 0; i < count; i++) {
    u16(type[i] ?? 0);
    u64(time[i] ?? 0);
    u16(vcpu[i] ?? 0);
    u16(small[i] ?? 0);
    u32(name[i] ?? 0);
    bytes[at++] = flags[i] ?? 0;
    u32(valueLo[i] ?? 0);
    u32(valueHi[i] ?? 0);
    u32(argLo[i] ?? 0);
    u32(argHi[i] ?? 0);
  }
  return bytes;
}
