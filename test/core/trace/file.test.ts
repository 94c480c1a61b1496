import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, seq, vcpuId } from '../../../core/state/brand.ts';
import { digest } from '../../../core/state/digest.ts';
import { unwrap } from '../../../core/trace/blob.ts';
import { Cursor } from '../../../core/trace/cursor.ts';
import { TraceError } from '../../../core/trace/errors.ts';
import { openTraceFile } from '../../../core/trace/file.ts';
import { drawLane } from '../../../core/trace/lanes.ts';
import { POSTING } from '../../../core/trace/postings.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY, buildTrace, random, tracePath } from './support.ts';

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TraceError) return error.code;
    throw error;
  }
  return 'no error';
}

/** Reads everything that a trace has. */
function readAll(path: string): number {
  const reader = new TraceReader(path);
  try {
    reader.info();
    const events = reader.eventList(seq(0), 6000);
    const cursor = new Cursor(reader);
    for (let at = 0; at < reader.count; at += 501) cursor.seek(seq(at));
    for (let at = reader.count - 1; at >= 0; at -= 701) cursor.seek(seq(at));
    for (const lane of reader.lanes)
      if (lane.kind !== 'density') drawLane(reader, lane, { start: 0, end: reader.duration + 1, columns: 50 });
    for (const { id } of reader.interruptIndex.fields) reader.postings.get(POSTING.fieldChanged, id);
    for (const vcpu of [0, 1]) reader.postings.get(POSTING.vcpu, vcpu);
    reader.lives.list({ limit: 100 });
    for (let at = 0; at < Math.min(9000, reader.count); at += 450) reader.lives.at(at);
    for (let line = 1; line < 50; line++) reader.rawLine(line);
    reader.skippedLines(0, 100);
    return Math.max(events.length, reader.count);
  } finally {
    reader.close();
  }
}

function smallTrace(): string {
  const path = tracePath('small');
  const writer = new TraceWriter(path);
  const { journal } = writer;
  const pending = journal.layout.claim({ path: 'irq.spi5.pending', width: 1, initial: 0n });
  writer.interruptField(intid('spi', 5), undefined, 'pending', { slot: pending, lsb: 0, width: 1 });
  for (let i = 0; i < 5000; i++) {
    writer.rawLine(i + 1, `line ${i + 1} of the source, é€😀`);
    journal.write(pending, BigInt(i & 1));
    const header = { time: nanoseconds(i * 7), origin: 'device', vcpu: vcpuId(0), line: i + 1 } as const;
    if (i % 3 === 0) writer.append({ ...header, kind: 'irq.acknowledge', intid: intid('spi', 5) });
    else
      writer.append({
        ...header,
        kind: 'irq.line',
        intid: intid('spi', 5),
        level: (i & 1) === 1,
        ...(i % 50 === 1 ? { detail: { i } } : {}),
      });
  }
  writer.skip({ line: 6000, reason: 'torn', text: 'x' });
  writer.finish(SUMMARY);
  return path;
}

describe('a file that is no trace', () => {
  it('is refused with the word of the system when it may not be read', () => {
    const path = tracePath('secret');
    writeFileSync(path, 'SQLite format 3\0');
    chmodSync(path, 0o000);
    chmodSync(dirname(path), 0o755);
    const module = new URL('../../../core/trace/file.ts', import.meta.url).href;
    // Root may read everything, so another user tries.
    const program = `
      import { openTraceFile } from ${JSON.stringify(module)};
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
      try { openTraceFile(${JSON.stringify(path)}, 'read'); } catch (error) { console.log(error.code, error.message); }`;
    const said = execFileSync(process.execPath, ['--input-type=module', '--no-warnings', '-e', program], {
      encoding: 'utf8',
    });
    expect(said).toBe(`not-found ${path} cannot be read: permission denied.\n`);
  });

  it('is refused with a reason', () => {
    const missing = tracePath('missing');
    expect(codeOf(() => new TraceReader(missing))).toBe('not-found');
    const folder = tracePath('folder');
    mkdirSync(folder);
    expect(codeOf(() => new TraceReader(folder))).toBe('not-a-trace');
    expect(() => new TraceReader(folder)).toThrow(`${folder} is a folder, not a gicscope trace.`);
    for (const [content, name] of [
      ['', 'empty'],
      ['2026-11-20T21:55:32Z gicv5_log', 'text'],
      ['SQLite format 3\0', 'short'],
    ] as const) {
      const path = tracePath(name);
      writeFileSync(path, content);
      expect(
        codeOf(() => new TraceReader(path)),
        name,
      ).toBe('not-a-trace');
    }
    const other = tracePath('sqlite');
    const db = new Database(other);
    db.exec('CREATE TABLE t(x)');
    db.close();
    expect(codeOf(() => new TraceReader(other))).toBe('not-a-trace');
  });

  it('of a newer format is refused, and says so', () => {
    const path = tracePath('newer');
    copyFileSync(smallTrace(), path);
    const db = new Database(path);
    db.pragma('user_version = 9');
    db.close();
    expect(() => new TraceReader(path)).toThrow(/trace format 9; this gicscope reads up to 4\. Open it with a newer/);
  });

  it('of the format before the first release is refused, and says what to do', () => {
    const path = tracePath('older');
    copyFileSync(smallTrace(), path);
    const db = new Database(path);
    db.pragma('user_version = 1');
    db.close();
    expect(() => new TraceReader(path)).toThrow(/trace format 1, .* reads 4\. Import or record it again/);
  });

  it('is not overwritten, even when overwriting is allowed', () => {
    const path = tracePath('precious');
    writeFileSync(path, 'my thesis');
    expect(codeOf(() => new TraceWriter(path, { overwrite: true }))).toBe('exists');
    expect(readFileSync(path, 'utf8')).toBe('my thesis');
    expect(codeOf(() => new TraceWriter(`${path}.no/folder.gscope`))).toBe('not-found');
  });
});

describe('writing', () => {
  it('replaces a trace only when told to', () => {
    const path = smallTrace();
    expect(codeOf(() => new TraceWriter(path))).toBe('exists');
    const writer = new TraceWriter(path, { overwrite: true });
    writer.finish(SUMMARY);
    expect(readAll(path)).toBe(0);
  });

  it('leaves one file when finished and none when aborted', () => {
    const finished = smallTrace();
    expect(['-wal', '-shm', '-journal'].some((suffix) => existsSync(finished + suffix))).toBe(false);
    const path = tracePath('aborted');
    const writer = new TraceWriter(path);
    writer.append({ kind: 'vcpu.wake', time: nanoseconds(0), origin: 'hardware' });
    writer.flush();
    writer.abort();
    writer.abort();
    expect(['', '-wal', '-shm', '-journal'].some((suffix) => existsSync(path + suffix))).toBe(false);
    expect(codeOf(() => writer.flush())).toBe('closed');
  });

  it('stops where it is when closed, and a viewer may then write its own tables beside an open reader', () => {
    const path = tracePath('closed');
    const writer = new TraceWriter(path);
    writer.append({ kind: 'vcpu.wake', time: nanoseconds(3), origin: 'hardware' });
    writer.close();
    const reader = new TraceReader(path);
    expect([reader.count, reader.complete]).toEqual([1, false]);
    const user = openTraceFile(path, 'write');
    user.prepare('INSERT INTO bookmark(seq, note) VALUES (0, ?)').run('here');
    user.close();
    reader.close();
  });

  it('of nothing gives a trace of nothing', () => {
    const path = tracePath('nothing');
    new TraceWriter(path).finish(SUMMARY);
    const reader = new TraceReader(path);
    expect(reader.sql('SELECT count(*) FROM event', 1).rows).toEqual([[0n]]);
    expect(new Cursor(reader).position).toBe(-1);
    expect(reader.seqAtTime(5)).toBe(-1);
    expect(reader.info()).toMatchObject({ events: 0, complete: true, kinds: {}, vcpus: 2 });
    reader.close();
  });

  it('raises a time that runs backwards to the last one, and counts it', () => {
    const path = tracePath();
    const writer = new TraceWriter(path);
    for (const time of [10, 5, 20]) writer.append({ kind: 'vcpu.wake', time: nanoseconds(time), origin: 'hardware' });
    writer.finish(SUMMARY);
    const reader = new TraceReader(path);
    expect(reader.eventList(seq(0), 9).map((event) => event.time)).toEqual([10, 10, 20]);
    expect(reader.info().timesRaised).toBe(1);
    reader.close();
  });

  it('gives the same content digest for the same content, and another for another', () => {
    const digests = [1, 1, 2].map((seed) => {
      const reader = new TraceReader(buildTrace(5000, { seed, stride: 5000 }).path);
      const info = reader.info();
      expect(
        new Cursor(reader)
          .seek(seq(reader.count - 1))
          .digest()
          .toString(16)
          .padStart(16, '0'),
      ).toBe(info.stateDigest);
      reader.close();
      return info.contentDigest;
    });
    expect(digests[0]).toBe(digests[1]);
    expect(digests[0]).not.toBe(digests[2]);
  });

  it('starts from a machine that is already in some state', () => {
    const path = tracePath();
    const first = new TraceWriter(tracePath());
    const { journal } = first;
    const slot = journal.layout.claim({ path: 'x', width: 64 });
    journal.write(slot, 7n);
    journal.clear();
    journal.write(slot, 8n);
    const writer = new TraceWriter(path, { journal });
    writer.append({ kind: 'vcpu.wake', time: nanoseconds(0), origin: 'hardware' });
    writer.finish(SUMMARY);
    first.abort();
    const reader = new TraceReader(path);
    const cursor = new Cursor(reader);
    expect(cursor.value(slot)).toBe(7n);
    expect(cursor.seek(seq(0)).value(slot)).toBe(8n);
    reader.close();
  });

  it('writes the same from numbers as from objects', () => {
    const paths = [tracePath(), tracePath()];
    const [objects, numbers] = paths.map((path) => new TraceWriter(path));
    if (objects === undefined || numbers === undefined) return;
    objects.append({
      kind: 'register.access',
      time: nanoseconds(5),
      origin: 'guest',
      vcpu: vcpuId(3),
      source: 'trap',
      register: 'ICC_CR0_EL1',
      op: 'write',
      value: 0xffff_8000_0000_0001n,
    });
    numbers.appendPacked(
      numbers.typeId('register.access', 'guest', 'trap'),
      3,
      1,
      numbers.nameId('ICC_CR0_EL1'),
      1,
      1,
      0xffff_8000,
      0,
      0,
      5,
    );
    const [a, b] = [objects, numbers].map((writer, i) => {
      writer.finish(SUMMARY);
      const reader = new TraceReader(paths[i] ?? '');
      const event = reader.event(seq(0));
      reader.close();
      return event;
    });
    expect(a).toEqual(b);
  });
});

describe('a trace that is still being written', () => {
  it('shows everything up to the last flush, again and again', () => {
    const path = tracePath('live');
    const writer = new TraceWriter(path);
    const slot = writer.journal.layout.claim({ path: 'vcpu0.runState', width: 4, initial: 0n });
    const pending = writer.journal.layout.claim({ path: 'irq.spi1.pending', width: 1, initial: 0n });
    writer.interruptField(intid('spi', 1), undefined, 'pending', { slot: pending, lsb: 0, width: 1 });
    writer.flush();
    const reader = new TraceReader(path);
    const cursor = new Cursor(reader);
    expect(reader.count).toBe(0);
    const next = random(3);
    let rises = 0;
    for (let round = 0; round < 30; round++) {
      const events = next(900);
      for (let i = 0; i < events; i++) {
        const value = BigInt(next(2));
        if (value > writer.journal.read(pending)) rises++;
        writer.journal.write(pending, value);
        writer.journal.write(slot, BigInt(next(5)));
        writer.append({
          kind: 'irq.line',
          time: nanoseconds(writer.count * 3),
          origin: 'device',
          intid: intid('spi', 1),
          level: value === 1n,
        });
      }
      writer.flush();
      expect(reader.refresh()).toBe(writer.count);
      if (writer.count === 0) continue;
      expect(cursor.seek(seq(writer.count - 1)).digest()).toBe(digest(writer.journal.state));
      expect(reader.postings.get(POSTING.fieldRose, 0).total).toBe(rises);
      const lane = reader.lanes.find(({ kind }) => kind === 'interrupt');
      if (lane === undefined) continue;
      const drawn = drawLane(reader, lane, { start: 0, end: reader.duration + 1, columns: 16_000 });
      if (drawn.mode === 'segments') expect((drawn.code.at(-1) ?? 0) & 1).toBe(Number(writer.journal.read(pending)));
      cursor.seek(seq(next(writer.count)));
    }
    expect(reader.complete).toBe(false);
    writer.finish(SUMMARY);
    reader.refresh();
    expect(reader.complete).toBe(true);
    expect(reader.count).toBe(writer.count);
    reader.close();
    openTraceFile(path, 'write').close();
    expect(readAll(path)).toBe(writer.count);
  });

  it('does not move under a reader between two looks', () => {
    const path = tracePath('steady');
    const writer = new TraceWriter(path);
    const slot = writer.journal.layout.claim({ path: 'x', width: 64, initial: 0n });
    const append = (count: number): void => {
      for (let i = 0; i < count; i++) {
        writer.journal.write(slot, BigInt(writer.count + 1));
        writer.append({ kind: 'vcpu.wake', time: nanoseconds(writer.count), origin: 'hardware', vcpu: vcpuId(0) });
      }
      writer.flush();
    };
    append(100);
    const reader = new TraceReader(path);
    append(5000);
    expect(reader.count).toBe(100);
    expect(reader.events(0).count).toBe(100);
    expect(new Cursor(reader).seek(seq(99)).value(slot)).toBe(100n);
    expect(reader.postings.get(POSTING.vcpu, 1).total).toBe(100);
    expect(reader.refresh()).toBe(5100);
    expect(reader.events(0).count).toBe(4096);
    reader.close();
    writer.abort();
  });

  it('opens after its writer was killed, with all that was committed, and says that it is incomplete', async () => {
    const path = tracePath('killed');
    const script = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, path, '5000']);
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`ended early with ${code}`)));
      child.stderr.on('data', (data) => reject(new Error(String(data))));
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.removeAllListeners('exit');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const reader = new TraceReader(path);
    expect(reader.count).toBeGreaterThanOrEqual(5000);
    const info = reader.info();
    expect(info).toMatchObject({ complete: false, events: reader.count, source: { files: ['boot.log'] }, vcpus: 1 });
    expect(new Cursor(reader).seek(seq(reader.count - 1)).state.lo[0]).toBe(reader.count);
    reader.close();
    expect(readAll(path)).toBe(info.events);
  });
});

/** A compressed stream has a few bits that mean nothing: the content is the same. */
function isHarmless(good: Uint8Array, broken: Uint8Array): boolean {
  try {
    return Buffer.compare(unwrap(good, 'good'), unwrap(broken, 'broken')) === 0;
  } catch {
    return false;
  }
}

describe('a damaged trace', () => {
  const good = smallTrace();

  it('gives an error for every flipped bit in a blob', () => {
    const next = random(11);
    const tables = [
      'block_events',
      'block_changes',
      'block_touched',
      'block_lives',
      'keyframe',
      'posting',
      'tile',
      'raw',
    ];
    for (const table of tables)
      for (let i = 0; i < 10; i++) {
        const path = tracePath('flipped');
        copyFileSync(good, path);
        const db = new Database(path);
        const rows = db.prepare<[], { data: Buffer }>(`SELECT data FROM ${table}`).all();
        const row = rows[next(rows.length)];
        if (row === undefined) return expect.fail(`${table} is empty`);
        const broken = Buffer.from(row.data);
        const at = next(broken.length);
        broken[at] = (broken[at] ?? 0) ^ (1 << next(8));
        db.prepare(`UPDATE ${table} SET data = ? WHERE data = ?`).run(broken, row.data);
        db.close();
        const unread = table === 'posting' || table === 'tile' || table === 'keyframe';
        const code = codeOf(() => readAll(path));
        // Not every posting, density tile and keyframe is looked at by readAll.
        if (!unread && !isHarmless(row.data, broken)) expect(code, `${table} byte ${at}`).toBe('damaged');
        else expect(['damaged', 'no error']).toContain(code);
      }
  });

  it('never crashes or hangs, whatever byte of the file is flipped', () => {
    const bytes = readFileSync(good);
    const next = random(13);
    let errors = 0;
    for (let i = 0; i < 80; i++) {
      const path = tracePath('noise');
      const broken = Buffer.from(bytes);
      for (let k = 0; k < 1 + (i % 4) * 8; k++) {
        const at = next(broken.length);
        broken[at] = next(256);
      }
      writeFileSync(path, broken);
      if (codeOf(() => readAll(path)) !== 'no error') errors++;
    }
    expect(errors).toBeGreaterThan(20);
  });

  it('that was cut short is refused, and says where', () => {
    const size = readFileSync(good).length;
    for (const share of [0.05, 0.3, 0.6, 0.9, 0.999]) {
      const path = tracePath('cut');
      copyFileSync(good, path);
      truncateSync(path, Math.floor(size * share));
      expect(() => readAll(path), `${share}`).toThrow(/it was cut short at \d+ of \d+ bytes; copy it again/);
    }
  });
});
