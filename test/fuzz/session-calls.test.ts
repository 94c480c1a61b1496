/**
 * Calls that no window makes. Whatever the arguments, a call ends soon, in an answer that fits the contract or in a
 * refusal with a reason; never in an internal error, and the backend answers the next one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackend } from '../../core/session/backend.ts';
import { CONTRACT, type Args, type Method } from '../../core/session/contract.ts';
import { SessionError } from '../../core/session/failure.ts';
import { type SessionBackend } from '../../core/session/session.ts';
import { isMethod } from '../../core/session/validate.ts';
import { importTrace } from '../../core/import/import.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { fuzzBudgetMs, fuzzRandom } from './budget.ts';

const LOG = fileURLToPath(new URL('../data/import/gicv5-smp4-events.part.log.xz', import.meta.url));
/** The slowest honest call over this trace takes a twentieth. */
const TIME_LIMIT_MS = 10_000;

let folder = '';
let trace = '';
let id = 0;
let backend: SessionBackend;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-fuzz-'));
  trace = join(folder, 'trace.gscope');
  const writer = new TraceWriter(trace);
  const { summary } = await importTrace(LOG, writer);
  writer.finish(summary);
  backend = createBackend({
    version: 'test',
    samples: fileURLToPath(new URL('../../traces', import.meta.url)),
    imports: join(folder, 'imports'),
  });
  ({ id } = await backend.handle('trace.open', { path: trace }, new AbortController().signal));
});

afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Tasks and live recordings run on behind the call; sql.query runs what it is told to, however long it takes. */
const LEFT_OUT: ReadonlySet<string> = new Set(['live.start', 'record.start', 'trace.open', 'sql.query', 'app.forget']);

const NUMBERS = [0, 1, -1, 2, 27, 4095, 4096, 70_000, 1e6, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 0.5, -0, NaN, Infinity];
const CONDITIONS = [
  '',
  'ppi(27).pending rises',
  'spi(5).state == active',
  'changed(vcpu0.*)',
  'write ICC_* where value & 0x8',
  'latency > 50us',
  '#120..#180',
  'not not not kind == irq.acknowledge',
  '('.repeat(2000),
  `${'not '.repeat(1000)}ppi(27).active`,
  'ppi(27).active or '.repeat(200) + 'ppi(27).active',
  'intid in {27, 30, 99999999999}',
  'vcpu9.ICC_PCR_EL1.PRIORITY < 0x10',
  '\0\u001b[2J<script>',
  "'; DROP TABLE meta; --",
];
const TEXTS = [
  '',
  'end',
  '#5',
  '50%',
  '-5ms',
  'next change of vcpu0.irq.ppi27.pending',
  'previous 💥',
  '**',
  '*'.repeat(1000),
  'vcpu0.irq.ppi27.pending',
  'vcpu0.ICC_PCR_EL1.PRIORITY',
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  '/dev/null',
  '/proc/self/mem',
  '\0',
  'x'.repeat(70_000),
  '{"breakpoints":[{}]}',
  '[]',
];

type Pick = <T>(from: readonly T[]) => T;

/** A value that might stand under this name. Mostly of the right sort: the rest ends at the schema. */
function valueOf(name: string, pick: Pick, depth = 0): unknown {
  if (pick([...Array<boolean>(30).fill(false), true])) return pick<unknown>([null, {}, [], 'x', 1e9, true, undefined]);
  switch (name) {
    case 'id':
      return pick([id, id, id, id, id, id, id, id, 999, -1]);
    case 'direction':
      return pick(['forward', 'backward']);
    case 'condition':
    case 'filter':
      return pick(CONDITIONS);
    case 'vcpu':
      return pick([0, 1, 3, 511, 512, null]);
    case 'by':
      return pick(['intid', 'intid,vcpu']);
    case 'format':
      return pick(['html', 'md', 'csv', 'tsv', 'jsonl', 'vcd', 'qemu-log']);
    case 'lanes':
      return pick([[], ['vcpu0', 'vcpu0.ppi27', 'spi5', 'nope', '__proto__'], Array<string>(600).fill('vcpu0.mask')]);
    case 'path':
    case 'folder':
      return pick([...TEXTS, trace, folder]);
    case 'files':
      return [pick([...TEXTS, trace])];
    case 'output':
      return pick(['', '/proc/nope/x.html', folder, join(folder, 'no', 'x.html'), `${folder}/${'n'.repeat(300)}`]);
    case 'breakpoint':
      return depth > 0 || pick([false, true])
        ? pick(NUMBERS)
        : Object.fromEntries(
            ['id', 'condition', 'enabled', 'action', 'note', 'message', 'ignoreCount', 'oneShot'].map((key) => [
              key,
              key === 'id' ? pick([0, 1, 7]) : valueOf(key, pick, 1),
            ]),
          );
    case 'bookmark':
      return pick<unknown>([pick(NUMBERS), { id: pick([0, 1, 5]), seq: pick(NUMBERS), note: pick(TEXTS) }]);
    case 'action':
      return pick(['break', 'log', 'message', 'run', 'pause']);
    case 'enabled':
    case 'oneShot':
    case 'marks':
    case 'header':
    case 'overwrite':
    case 'keep':
      return pick([true, false]);
    case 'message':
      return pick(['{time} {vcpu0.ICC_PCR_EL1}', '{', '{}'.repeat(500), ...TEXTS]);
    case 'text':
    case 'glob':
    case 'note':
    case 'scenario':
    case 'profile':
      return pick([...TEXTS, ...CONDITIONS]);
    default:
      return pick(NUMBERS);
  }
}

/** What a call has against its caller; undefined: it answered. */
async function refusal(method: Method, args: unknown): Promise<SessionError | undefined> {
  try {
    // Anything at all is given to a method that says what it takes.
    const answer: unknown = await backend.handle(method, args as Args<Method>, AbortSignal.timeout(TIME_LIMIT_MS));
    const fits = CONTRACT[method].result.safeParse(answer);
    if (!fits.success) throw new Error(`${method} ${JSON.stringify(args)} answers: ${fits.error.message}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    return error;
  }
}

describe('the backend among callers with bad manners', () => {
  it('refuses with a reason what makes no sense, and answers the rest', async () => {
    const random = fuzzRandom('session-calls');
    const pick: Pick = (from) => {
      const found = from[random(from.length)];
      // A list may hold undefined; an empty list is a mistake of the test.
      if (from.length === 0) throw new RangeError('nothing to pick from');
      return found as (typeof from)[number];
    };
    const methods = Object.keys(CONTRACT).filter(isMethod);
    const wanted = methods.filter((method) => !LEFT_OUT.has(method));
    const end = performance.now() + fuzzBudgetMs();
    const answered = new Set<Method>();
    const refused = new Set<Method>();
    while (performance.now() < end) {
      const method = pick(wanted);
      const names = Object.keys(CONTRACT[method].args.shape);
      const args = Object.fromEntries(names.map((name) => [name, valueOf(name, pick)]));
      if (method === 'trace.close' && args['id'] === id) continue;
      const began = performance.now();
      const failure = await refusal(method, args);
      const said = `${method} ${JSON.stringify(args)?.slice(0, 2000)}: ${failure?.code}: ${failure?.message}`;
      if (failure?.code === 'internal' || failure?.code === 'cancelled') throw new Error(said, { cause: failure });
      expect(failure?.message ?? '', said).not.toMatch(
        /Cannot read|not iterable|not a function|call stack|Invalid array/,
      );
      expect(performance.now() - began, said).toBeLessThan(TIME_LIMIT_MS);
      (failure === undefined ? answered : refused).add(method);
    }
    expect(answered.size).toBeGreaterThan(10);
    expect(refused.size).toBeGreaterThan(10);
    expect(await refusal('trace.info', { id })).toBeUndefined();
  });
});
