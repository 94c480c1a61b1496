/**
 * Accesses to the IRS register frame: what was last read from or written to each register that holds a setting.
 *
 * Some registers are windows on what a selector names (gicv5-irs-registers): a write of the selector makes the value
 * of the window unknown. Status registers are kept as last read. A read that fails, or an access to half of a register
 * whose other half was never seen, proves nothing.
 */
import { registerAt } from '../../../gic/registers.ts';
import { type Gicv5Event } from '../events/gicv5.ts';
import { type TraceLine, u64 } from '../trace-line.ts';
import { type Meaning, type Scene } from './scene.ts';

const NON_SECURE = 'NonSecure';

const SPI_WINDOW = ['IRS_SPI_CFGR', 'IRS_SPI_DOMAINR', 'IRS_SPI_STATUSR'];
/** Registers whose value depends on what another register was last set to. */
const WINDOWS: ReadonlyMap<string, readonly string[]> = new Map([
  ['IRS_SPI_SELR', SPI_WINDOW],
  ['IRS_SPI_VMR', SPI_WINDOW],
  ['IRS_PE_SELR', ['IRS_PE_CR0', 'IRS_PE_STATUSR']],
  ['IRS_VM_SELR', ['IRS_VM_DBR', 'IRS_VM_STATUSR']],
  ['IRS_VPE_SELR', ['IRS_VPE_DBR', 'IRS_VPE_HPPIR', 'IRS_VPE_CR0', 'IRS_VPE_STATUSR']],
]);

/** The register at an offset: its table name, or frame and offset. */
function frameRegister(offset: number): {
  readonly name: string;
  readonly width: 32 | 64;
  readonly byte: number;
  readonly holds: boolean;
} {
  const found = registerAt('IRS_CONFIG', offset);
  if (found === undefined) return { name: `IRS+0x${offset.toString(16)}`, width: 32, byte: 0, holds: false };
  const { register, byte } = found;
  return { name: register.name, width: register.width, byte, holds: register.access !== 'WO' };
}

function access(op: 'read' | 'write', failed: boolean): Meaning {
  return {
    apply: (line, scene) => {
      if (failed) return;
      const register = frameRegister(line.wLo);
      if (register.holds) store(line, scene, register);
      if (op === 'write') for (const window of WINDOWS.get(register.name) ?? []) forget(line, scene, window);
    },
    tell: (line, vcpu, scene) => {
      const remarks = { ...(line.s === NON_SECURE ? {} : { domain: line.s }), ...(failed ? { rejected: true } : {}) };
      scene.emit(line, vcpu, 'guest', {
        kind: 'mmio.access',
        register: frameRegister(line.wLo).name,
        op,
        size: line.a,
        offset: BigInt(line.wLo),
        ...(failed && op === 'read' ? {} : { value: u64(line.vLo, line.vHi) }),
        ...(Object.keys(remarks).length === 0 ? {} : { detail: remarks }),
      });
    },
  };
}

function store(line: TraceLine, { slots }: Scene, { name, width, byte }: ReturnType<typeof frameRegister>): void {
  const isWhole = line.a * 8 === width && byte === 0;
  const isHalf = line.a === 4 && width === 64;
  if (!isWhole && !isHalf) return;
  const slot = slots.claim({ path: pathOf(line, name), width, register: name });
  if (isWhole) {
    slots.set(slot, line.vLo, line.vHi);
    return;
  }
  const lo = slots.get(slot);
  const hi = slots.getHigh(slot);
  if (lo !== undefined && hi !== undefined) slots.set(slot, byte === 0 ? line.vLo : lo, byte === 0 ? hi : line.vLo);
}

function forget(line: TraceLine, { slots }: Scene, name: string): void {
  const slot = slots.find(pathOf(line, name));
  if (slot !== undefined) slots.forget(slot);
}

function pathOf(line: TraceLine, name: string): string {
  return line.s === NON_SECURE ? `irs.${name}` : `irs.${DOMAIN_PATHS.get(line.s) ?? 'other'}.${name}`;
}

const DOMAIN_PATHS: ReadonlyMap<string, string> = new Map([
  ['Secure', 'secure'],
  ['EL3', 'el3'],
  ['Realm', 'realm'],
]);

export const IRS_FRAME = {
  gicv5_read: access('read', false),
  gicv5_write: access('write', false),
  gicv5_badread: access('read', true),
  gicv5_badwrite: access('write', true),
} as const satisfies Partial<Record<Gicv5Event, Meaning>>;
