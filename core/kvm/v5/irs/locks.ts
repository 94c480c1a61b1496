/**
 * Locks as state and as recorded events (kvm-vgic-v5-spi §2). The emulator runs one thing at a time, so a lock that is
 * asked for while it is held was taken by the same thread: a deadlock, which is reported and ends the run.
 */
import { type Cell, type CellClaim } from '../../../state/cell.ts';
import { type LockName, type VgicIrsEvent } from './events.ts';
import { type Spi } from './spi.ts';

/** A lock is asked for by the thread that holds it. */
export class LockDeadlock extends Error {
  override readonly name = 'LockDeadlock';
  readonly lock: LockName;
  readonly spi: number | undefined;

  constructor(lock: LockName, spi?: number) {
    super(`deadlock: ${spi === undefined ? `the lock ${lock}` : `the lock of SPI ${spi}`} is held by the same thread`);
    this.lock = lock;
    this.spi = spi;
  }
}

export class Locks {
  readonly #held: Readonly<Record<'vm' | 'config' | 'spiApList', Cell>>;
  readonly #emit: (event: VgicIrsEvent) => void;

  constructor(claim: CellClaim, emit: (event: VgicIrsEvent) => void) {
    this.#held = {
      vm: claim.flag('lock.vm'),
      config: claim.flag('lock.config'),
      spiApList: claim.flag('lock.spiApList'),
    };
    this.#emit = emit;
  }

  /** @throws LockDeadlock when it is held. */
  acquire(lock: 'vm' | 'config' | 'spiApList'): void {
    if (this.#held[lock].flag) this.#deadlock(lock);
    this.#held[lock].flag = true;
    this.#emit({ kind: 'lock.acquire', lock });
  }

  release(lock: 'vm' | 'config' | 'spiApList'): void {
    this.#held[lock].flag = false;
    this.#emit({ kind: 'lock.release', lock });
  }

  /** @throws LockDeadlock when it is held. */
  acquireIrq(spi: Spi): void {
    if (spi.locked) this.#deadlock('irq', spi.number);
    spi.locked = true;
    this.#emit({ kind: 'lock.acquire', lock: 'irq', spi: spi.number });
  }

  releaseIrq(spi: Spi): void {
    spi.locked = false;
    this.#emit({ kind: 'lock.release', lock: 'irq', spi: spi.number });
  }

  /** Runs `body` with a lock held. */
  with<T>(lock: 'vm' | 'config' | 'spiApList', body: () => T): T {
    this.acquire(lock);
    const result = body();
    this.release(lock);
    return result;
  }

  /** Runs `body` with an SPI's lock held. */
  withIrq<T>(spi: Spi, body: () => T): T {
    this.acquireIrq(spi);
    const result = body();
    this.releaseIrq(spi);
    return result;
  }

  #deadlock(lock: LockName, spi?: number): never {
    this.#emit({ kind: 'lock.deadlock', lock, ...(spi === undefined ? {} : { spi }) });
    throw new LockDeadlock(lock, spi);
  }
}
