/**
 * Which GSIs are SPIs. `kvm_set_irq` names a GSI: by KVM's own routing GSI n is SPI n + 32 (of a GICv5: SPI n), with MSI
 * routes it is an index of their table (trace-import-formats §2.2), and the event does not say which. What follows
 * does: KVM injects an SPI with `vgic_update_irq_pending` in the same thread at once, a message without any event. So a
 * GSI that was followed by its SPI is taken for it from then on, and no longer once another follows, or none.
 */
import { FIRST_TYPED } from './interrupt-number.ts';
import { type FtraceRecord } from './record.ts';

const FIRST_SPI = 32;
const SPI_TYPE = 3 * FIRST_TYPED;
const MOST_ROUTES = 4096;
const MOST_CPUS = 4096;

interface SetGsi {
  readonly pid: number;
  readonly gsi: number;
  readonly level: number | undefined;
}

export class GsiRoutes {
  readonly #numbers = new Map<number, number>();
  /** By CPU: the last GSI that was set there and has not been followed yet. */
  readonly #last = new Map<number, SetGsi>();

  /** A GSI is set: the number of the interrupt that it is known to be. */
  sets({ cpu, pid }: FtraceRecord, gsi: number, level: number | undefined): number | undefined {
    const before = this.#last.get(cpu);
    if (before !== undefined) this.#numbers.delete(before.gsi);
    if (before !== undefined || this.#last.size < MOST_CPUS) this.#last.set(cpu, { pid, gsi, level });
    return this.#numbers.get(gsi);
  }

  /** An interrupt is injected, by whatever. */
  injects({ cpu, pid }: FtraceRecord, number: number, level: number | undefined): void {
    const set = this.#last.get(cpu);
    if (set === undefined) return;
    this.#last.delete(cpu);
    const isIts = number === set.gsi + FIRST_SPI || number === set.gsi + SPI_TYPE;
    if (!isIts || set.pid !== pid || set.level !== level) this.#numbers.delete(set.gsi);
    else if (this.#numbers.size < MOST_ROUTES) this.#numbers.set(set.gsi, number);
  }
}
