/** The ITS of a recorded GICv3: commands and messages drive it, its register reads and translations are compared. */
import { extract, update } from '../../../gic/wide.ts';
import { interruptOf } from '../../../trace/interrupts.ts';
import { type EventOf } from '../../../trace/kinds.ts';
import { BEFORE, type Beginning } from '../beginning.ts';
import { REASON } from '../reasons.ts';
import { type Tally } from '../tally.ts';
import { type Cpu } from './cpu.ts';
import { type PhysicalGic } from './gic.ts';
import { CREADR, CWRITER, Its } from './its.ts';

const COMMAND = 'ITS command ';
const TRANSLATER = 0x1_0040;

export class ItsReplay {
  readonly #gic: PhysicalGic;
  readonly #tally: Tally;
  readonly #beginning: Beginning;
  #its = new Its();
  /** The LPI of the message or INT command that is being carried out: what the table's line must name. */
  #expected: number | undefined;

  /** LPIs that became pending at a redistributor that nothing tells yet. */
  readonly #unplaced = new Set<number>();

  constructor(gic: PhysicalGic, beginning: Beginning, tally: Tally) {
    this.#gic = gic;
    this.#beginning = beginning;
    this.#tally = tally;
  }

  /** The recording begins in the middle: the ITS is enabled, its tables are not known. */
  begun(): void {
    this.#its.write(0, 1n);
  }

  /** Has this LPI become pending, nobody knows where? Once for each time. */
  takeUnplaced(intid: number): boolean {
    return this.#unplaced.delete(intid);
  }

  reset(): void {
    this.#its = new Its();
  }

  access(event: EventOf<'mmio.access'>): void {
    const { register, op, size, value = 0n, detail } = event;
    const offset = Number(event.offset);
    if (offset === TRANSLATER) return this.#message(Number(detail?.['DeviceID'] ?? 0), Number(value), true);
    const base = isWide(offset) ? offset & ~7 : offset;
    const part = { offset: offset - base, length: size };
    if (op === 'write') {
      this.#its.write(base, update(this.#its.read(base) ?? 0n, part, value));
      return;
    }
    const whole = this.#its.read(base);
    if (whole === undefined) return this.#tally.unsupported(REASON.register);
    const emulated = extract(whole, part);
    if (emulated !== value && this.#beginning.isFirst(`ITS ${offset}`)) {
      if (base === CREADR) this.#its.write(CWRITER, value);
      return this.#tally.unsupported(BEFORE);
    }
    this.#tally.compare(event, register, value, emulated);
  }

  /** The line of the interrupt table names the LPI of a message. */
  injected(event: EventOf<'irq.inject'>): void {
    const recorded = interruptOf(event.intid)?.number ?? 0;
    if (this.#beginning.isPart && this.#expected === undefined) {
      this.#unplaced.add(recorded);
      return this.#beginning.learned();
    }
    this.#tally.compare(event, 'ITS translation', BigInt(recorded), BigInt(this.#expected ?? 0));
    this.#expected = undefined;
  }

  command({ what, detail }: EventOf<'gic.setup'>): void {
    if (!what.startsWith(COMMAND)) return;
    const of = (name: string): number => Number(detail?.[name] ?? 0);
    const [device, event, collection] = [of('DeviceID'), of('EventID'), of('ICID')];
    const its = this.#its;
    switch (what.slice(COMMAND.length)) {
      case 'MAPD':
        return its.mapDevice(device, of('valid') !== 0);
      case 'MAPC':
        return its.mapCollection(collection, of('RDbase'), of('valid') !== 0);
      case 'MAPTI':
        return its.mapEvent(device, event, of('INTID'), collection);
      case 'MAPI':
        return its.mapEvent(device, event, event, collection);
      case 'MOVI':
        return this.#move(device, event, () => its.move(device, event, collection));
      case 'MOVALL':
        return this.#moveAll(of('RDbase1'), of('RDbase2'));
      case 'INT':
        return this.#message(device, event, true);
      case 'CLEAR':
        return this.#message(device, event, false);
      case 'DISCARD':
        this.#message(device, event, false);
        return its.discard(device, event);
      default:
        return;
    }
  }

  #message(device: number, event: number, isPending: boolean): void {
    const found = this.#its.translate(device, event);
    const cpu = found === undefined ? undefined : this.#gic.cpus[found.redistributor];
    this.#expected = isPending ? found?.lpi : undefined;
    if (found !== undefined && cpu !== undefined && cpu.hasLpis) setLpi(cpu, found.lpi, isPending);
  }

  /** A pending LPI goes with its collection. */
  #move(device: number, event: number, move: () => void): void {
    const before = this.#its.translate(device, event);
    move();
    const after = this.#its.translate(device, event);
    const [from, to] = [before, after].map((at) => (at === undefined ? undefined : this.#gic.cpus[at.redistributor]));
    if (before === undefined || from === undefined || to === undefined || !from.pendingLpis.delete(before.lpi)) return;
    to.pendingLpis.add(before.lpi);
  }

  #moveAll(from: number, to: number): void {
    const [source, target] = [this.#gic.cpus[from], this.#gic.cpus[to]];
    if (source === undefined || target === undefined) return;
    for (const lpi of source.pendingLpis) target.pendingLpis.add(lpi);
    source.pendingLpis.clear();
    // Collections stay where they were mapped: software remaps them.
  }
}

/** Registers of 64 bits. */
function isWide(offset: number): boolean {
  return offset === 0x8 || offset === 0xc || (offset >= 0x80 && offset < 0x140);
}

function setLpi({ pendingLpis }: Cpu, lpi: number, isPending: boolean): void {
  if (isPending) pendingLpis.add(lpi);
  else pendingLpis.delete(lpi);
}
