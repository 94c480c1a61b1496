/**
 * Which thread is which vCPU (trace-import-formats §3). A thread that enters the guest is a vCPU thread; the number of
 * its vCPU is, best evidence first: the file's GUEST option, the last event in the thread that printed a vCPU id, the
 * thread's name, and else the order of first entries, which is a guess and is called one.
 *
 * Events carry no VM. Threads of two processes are of two VMs, where the source names the process (TGID). Else a number
 * that a second thread claims while its first thread is inside KVM_RUN is another VM's: that thread gets a lane of its
 * own. One that is outside has ended or waits, and the lane passes on; where its thread comes back, both live, and it
 * gets a lane of its own from then on.
 * Cost: a map look-up per event; at most MOST_THREADS threads and MOST_LANES lanes are kept.
 */
import { THREADS } from './record.ts';

const MOST_LANES = 512;
const MOST_THREADS = 65_536;

type Evidence = 'file' | 'event' | 'name' | 'order';

interface Lane {
  /** The vCPU's number in its VM. */
  readonly id: number;
  owner: number | undefined;
  /** Its owner's process; NO_PROCESS: the source does not say. */
  process: number;
  inRun: boolean;
  comm: string;
  evidence: Evidence;
}

/** TGID of a thread whose process the source does not say. */
export const NO_PROCESS = -1;

interface Thread {
  /** vCPU that the last event in it named. */
  named: number | undefined;
  lane: number | undefined;
}

/** What tracers print for a thread whose name they have forgotten, and perf for one that it never knew. */
const NAMELESS = /^(?:<\.\.\.>|:-?\d+)$/;
const NAME = /(?:CPU |vcpu[ _-]?)(\d{1,3})(?!\d)/;

export class Threads {
  readonly #threads = new Map<number, Thread>();
  readonly #lanes: Lane[] = [];
  readonly #byId = new Map<number, number[]>();
  readonly #stated = new Map<number, number>();
  /** Names that events said, the last of each thread. */
  readonly #heard = new Map<number, string>();
  /** Threads beyond what is kept, and vCPUs beyond MOST_LANES. */
  dropped = 0;
  /** Lanes that exist because two threads claimed one number at once. */
  rivals = 0;

  /** The file says that a host thread is a vCPU. */
  state(tid: number, id: number): void {
    if (this.#stated.size < MOST_THREADS) this.#stated.set(tid, id);
  }

  get count(): number {
    return this.#lanes.length;
  }

  /** `vCPU 0: CPU 0/KVM (219), by its name`, for `info`; at most eight. */
  get summary(): string {
    const said: Record<Evidence, string> = {
      file: 'as the file says',
      event: 'as its events say',
      name: 'by its name',
      order: 'a guess, by the order of first entries',
    };
    const lines = this.#lanes.flatMap(({ owner, comm, evidence, id }, lane) => {
      if (owner === undefined) return [];
      const number = id === lane ? '' : `, vCPU ${id} of its VM`;
      return [`vCPU ${lane}: ${comm} (${owner % THREADS})${number}, ${said[evidence]}`];
    });
    const more = lines.length > 8 ? `; and ${lines.length - 8} more` : '';
    return lines.slice(0, 8).join('; ') + more;
  }

  /** The scheduler called the thread so. */
  hears(tid: number, comm: string): void {
    if (this.#heard.has(tid) || this.#heard.size < MOST_THREADS) this.#heard.set(tid, comm);
  }

  /** An event in the thread, in task context, named this vCPU. */
  names(tid: number, id: number): void {
    const thread = this.#thread(tid);
    if (thread === undefined || thread.named === id) return;
    thread.named = id;
    const own = this.#lanes[this.laneOfThread(tid)];
    if (own?.id !== id) thread.lane = undefined;
    else if (own.evidence !== 'file') own.evidence = 'event';
  }

  /** Whether an event in the thread named a vCPU. */
  isNamed(tid: number): boolean {
    return this.#threads.get(tid)?.named !== undefined;
  }

  /** The lane of the vCPU whose thread this is; `printed`: its name in the source. Makes the thread a vCPU thread. */
  laneOfVcpuThread(tid: number, printed: string, process = NO_PROCESS): number {
    const thread = this.#thread(tid);
    if (thread === undefined) return -1;
    const known = thread.lane;
    if (known !== undefined && this.#lanes[known]?.owner === tid) return known;
    const comm = NAMELESS.test(printed) ? (this.#heard.get(tid) ?? printed) : printed;
    const stated = this.#stated.get(tid);
    const byName = NAME.exec(comm)?.[1];
    const [id, evidence]: readonly [number, Evidence] =
      stated !== undefined
        ? [stated, 'file']
        : thread.named !== undefined
          ? [thread.named, 'event']
          : byName !== undefined
            ? [Number(byName), 'name']
            : [this.#lanes.find(({ owner }) => owner === undefined)?.id ?? this.#lanes.length, 'order'];
    const lane = this.#take(tid, id, process, known !== undefined);
    if (lane < 0) return -1;
    const taken = this.#lanes[lane];
    if (taken !== undefined) {
      taken.owner = tid;
      taken.process = process;
      taken.inRun = false;
      taken.comm = comm;
      taken.evidence = evidence;
    }
    thread.lane = lane;
    return lane;
  }

  /** The lane of a thread that is known to be a vCPU's; −1: it is not. */
  laneOfThread(tid: number): number {
    const thread = this.#threads.get(tid);
    const lane = thread?.lane;
    return lane !== undefined && this.#lanes[lane]?.owner === tid ? lane : -1;
  }

  /** The lane of the vCPU that the thread works on: its own, or the one that its last event named. −1: none is known. */
  laneInThread(tid: number): number {
    const own = this.laneOfThread(tid);
    const named = own >= 0 ? undefined : this.#threads.get(tid)?.named;
    return named === undefined ? own : this.laneOfNumber(tid, named);
  }

  /**
   * The lane of a vCPU that an event names by number. `tid`: the thread that made the event, and its process, where that
   * is known. −1: VMs have several vCPUs of this number, and nothing says which it is.
   */
  laneOfNumber(tid: number | undefined, id: number, process = NO_PROCESS): number {
    const own = tid === undefined ? -1 : this.laneOfThread(tid);
    if (own >= 0 && this.#lanes[own]?.id === id) return own;
    const lanes = this.#byId.get(id) ?? [];
    const ofProcess = lanes.filter((lane) => process !== NO_PROCESS && this.#lanes[lane]?.process === process);
    const [lane = this.#open(id), rival] = ofProcess.length > 0 ? ofProcess : lanes;
    return rival === undefined ? lane : -1;
  }

  /** The vCPU of the lane is inside KVM_RUN, or has left it. */
  runs(lane: number, inRun: boolean): void {
    const entry = this.#lanes[lane];
    if (entry !== undefined) entry.inRun = inRun;
  }

  #thread(tid: number): Thread | undefined {
    let thread = this.#threads.get(tid);
    if (thread === undefined) {
      if (this.#threads.size >= MOST_THREADS) {
        this.dropped++;
        return undefined;
      }
      thread = { named: undefined, lane: undefined };
      this.#threads.set(tid, thread);
    }
    return thread;
  }

  /** `isBack`: the thread had a lane, which has passed on to another since. */
  #take(tid: number, id: number, process: number, isBack: boolean): number {
    const lanes = this.#byId.get(id) ?? [];
    const own = lanes.find((lane) => this.#lanes[lane]?.owner === tid);
    if (own !== undefined) return own;
    const free = isBack ? undefined : lanes.find((lane) => this.#mayPassTo(lane, process));
    if (free !== undefined) return free;
    if (lanes.length > 0) this.rivals++;
    return this.#open(id);
  }

  #mayPassTo(lane: number, process: number): boolean {
    const { inRun = true, process: other = NO_PROCESS } = this.#lanes[lane] ?? {};
    return !inRun && (process === NO_PROCESS || other === NO_PROCESS || process === other);
  }

  /** A new lane, with the vCPU's own number where that is free. */
  #open(id: number): number {
    // Lanes below the number must exist too, since lanes are dense.
    if (id < 0 || id >= MOST_LANES || this.#lanes.length >= MOST_LANES) {
      this.dropped++;
      return -1;
    }
    while (this.#lanes.length < id) this.#add(this.#lanes.length);
    return this.#add(id);
  }

  #add(id: number): number {
    const lane =
      this.#lanes.push({ id, owner: undefined, process: NO_PROCESS, inRun: false, comm: '', evidence: 'order' }) - 1;
    const lanes = this.#byId.get(id);
    if (lanes === undefined) this.#byId.set(id, [lane]);
    else lanes.push(lane);
    return lane;
  }
}
