/**
 * GICv2: CPU interface, distributor lines, SGIs, best candidates (gicv3-behaviour §13; trace-import-formats §6.5).
 * An acknowledge is two lines: one that says the interrupt, and the access to GICC_IAR; the first is the acknowledge.
 */
import { nameAt, registerAt } from '../../../../gic/registers.ts';
import { type Gicv2Event } from '../../events/gicv2.ts';
import { NOBODY, type TraceLine, u64 } from '../../trace-line.ts';
import { tellCandidate, tellSignals, VIRTUAL } from '../posted.ts';
import { type Meaning, type Scene } from '../scene.ts';
import { acknowledged, ended, EOI_MODE_V2, handled, handles, lineChange, NO_PRIORITY } from './cpu-interface.ts';
import { GICV2_DISTRIBUTOR } from './frames.ts';
import { flatInterrupt } from './state.ts';

/** Word of a line about the machine's own CPU interface; the other one is that of its guests. */
const PHYSICAL = 'cpu';
const EOIR = 0x10;
const DIR = 0x1000;
const SGIR = 0xf00;
const WORD = 4;
const INTID = 0x3ff;
const MOST_CPUS = 8;

function controlOf(scene: Scene, vcpu: number): boolean | undefined {
  const slot = scene.slots.find(`vcpu${vcpu}.GICC_CTLR`);
  const control = slot === undefined ? undefined : scene.slots.get(slot);
  return control === undefined ? undefined : (control & EOI_MODE_V2) !== 0;
}

const acknowledge: Meaning = {
  apply: (line, scene) => {
    if (line.s === PHYSICAL) acknowledged(line.b, line.subject, scene);
  },
  prove: (line, vcpu) => {
    if (line.s !== PHYSICAL) return;
    handles(line.b, vcpu);
    // Signals are logged only where they rise.
    vcpu.forgetSignals();
  },
  tell: (line, vcpu, scene) => {
    const intid = flatInterrupt(line.b);
    if (line.s !== PHYSICAL || intid === undefined) {
      const detail = { ...(intid === undefined ? { value: line.b } : { vINTID: line.b }), interface: line.s };
      return scene.emit(line, vcpu, 'guest', { kind: 'irq.acknowledge', cause: 'GICC_IAR', detail });
    }
    scene.emit(line, vcpu, 'guest', { kind: 'irq.acknowledge', intid, cause: 'GICC_IAR' });
  },
};

/** Whether this write ends or deactivates an interrupt, and which. */
function ends(line: TraceLine): number | undefined {
  const isEnd = line.s === PHYSICAL && (line.wLo === EOIR || line.wLo === DIR);
  const number = line.vLo & INTID;
  return isEnd && flatInterrupt(number) !== undefined ? number : undefined;
}

function interfaceAccess(op: 'read' | 'write'): Meaning {
  return {
    prove: (line, vcpu, scene) => {
      vcpu.run.runs();
      const located = line.s === PHYSICAL ? registerAt('GICC', line.wLo) : undefined;
      if (located === undefined || located.register.access !== 'RW' || located.byte !== 0) return;
      scene.flat.keep(`vcpu${vcpu.index}`, located.register, line.vLo, 0);
    },
    tell: (line, vcpu, scene) => tellInterface(line, vcpu, scene, op),
  };
}

function tellInterface(line: TraceLine, vcpu: number, scene: Scene, op: 'read' | 'write'): void {
  const name = nameAt('GICC', line.wLo);
  scene.emit(line, vcpu, 'guest', {
    kind: 'mmio.access',
    register: line.s === PHYSICAL ? name : name.replace('GICC', 'GICV'),
    op,
    size: WORD,
    offset: BigInt(line.wLo),
    value: u64(line.vLo, line.vHi),
  });
}

const plainWrite = interfaceAccess('write');
const interfaceWrite: Meaning = {
  apply: (line, scene) => {
    const number = ends(line);
    const mode = controlOf(scene, line.subject);
    if (number === undefined) return;
    if (line.wLo === EOIR) ended(number, line.subject, mode, scene);
    else if (mode === true) scene.flat.of(number, line.subject)?.deactivate();
  },
  prove: (line, vcpu, scene) => {
    const number = line.wLo === EOIR ? ends(line) : undefined;
    if (number === undefined) plainWrite.prove?.(line, vcpu, scene);
    else handled(number, vcpu);
  },
  tell: (line, vcpu, scene) => {
    const number = ends(line);
    const intid = number === undefined ? undefined : flatInterrupt(number);
    if (intid === undefined) return plainWrite.tell(line, vcpu, scene);
    // Bits above the number are an SGI's source.
    const value = line.vLo === number ? {} : { value: `0x${line.vLo.toString(16)}` };
    const detail = { register: line.wLo === EOIR ? 'GICC_EOIR' : 'GICC_DIR', ...value };
    scene.emit(line, vcpu, 'guest', { kind: line.wLo === EOIR ? 'irq.drop' : 'irq.deactivate', intid, detail });
  },
};

/** GICD_SGIR (§7, §13): a list of CPUs gets the SGI; who writes is known only of a single CPU. */
const { gic_dist_write: distributorWrite } = GICV2_DISTRIBUTOR;
const write: Meaning = {
  ...distributorWrite,
  apply: (line, scene) => {
    distributorWrite.apply?.(line, scene);
    const isList = line.wLo === SGIR && ((line.vLo >>> 24) & 3) === 0;
    if (!isList) return;
    for (let vcpu = 0; vcpu < MOST_CPUS; vcpu++)
      if (((line.vLo >>> (16 + vcpu)) & 1) === 1) scene.flat.of(line.vLo & 15, scene.machine.vcpu(vcpu))?.pend();
  },
};

/** `target` is not used: routing is in the distributor's registers. */
const lines = lineChange(
  (line) => line.a,
  (line) => line.b,
);

function enables(value: 0 | 1): Meaning {
  return {
    apply: (line, scene) => {
      const interrupt = scene.flat.of(line.a, NOBODY);
      if (value === 1) interrupt?.show();
      interrupt?.set('enabled', value);
    },
    tell: (line, vcpu, scene) => {
      const intid = flatInterrupt(line.a);
      if (intid !== undefined)
        scene.emit(line, vcpu, 'hardware', { kind: 'irq.configure', intid, what: 'enabled', value: BigInt(value) });
    },
  };
}

const IDLE = 256;
const candidate: Meaning = {
  prove: (line, vcpu, scene) => {
    if (line.s !== PHYSICAL) return;
    const interrupt = scene.flat.of(line.b, vcpu.index);
    interrupt?.isCandidate(line.c);
    scene.flat.candidate(vcpu.index, interrupt);
    // The line prints what holds it back: mask and running priority.
    scene.flat.signalled(vcpu.index, line.c < line.d && line.c < line.e);
    scene.slots.set(vcpu.hppi, flatInterrupt(line.b) ?? 0);
    scene.slots.set(vcpu.hppiPriority, Math.min(line.c, NO_PRIORITY));
    const running = scene.slots.claim({ path: `vcpu${vcpu.index}.runningPriority`, width: 8 });
    scene.slots.set(running, line.e === IDLE ? NO_PRIORITY : line.e & 255);
  },
  tell: (line, vcpu, scene) => {
    const intid = line.s === PHYSICAL ? flatInterrupt(line.b) : undefined;
    const unit = line.s === PHYSICAL ? 'CPU interface' : 'virtual CPU interface';
    tellCandidate(line, vcpu, scene, unit, intid, Math.min(line.c, NO_PRIORITY), undefined);
  },
};

const signal: Meaning = {
  prove: (line, vcpu) => {
    if (line.s === 'irq' || line.s === 'fiq')
      vcpu.setSignals(line.s === 'irq' ? line.b : 0, line.s === 'fiq' ? line.b : 0, 0);
  },
  tell: (line, vcpu, scene) => {
    const isVirtual = line.s.startsWith('v');
    const [irq, fiq] = [line.s.endsWith('irq') ? line.b : 0, line.s.endsWith('fiq') ? line.b : 0];
    tellSignals(line, vcpu, scene, irq, fiq, 0, isVirtual ? VIRTUAL : undefined);
  },
};

/** The hypervisor's interface (GICH); its lines name no CPU and the tables have no such frame. */
function hypervisorAccess(op: 'read' | 'write'): Meaning {
  return {
    tell: (line, vcpu, scene) => {
      const register = `GICH+0x${line.wLo.toString(16)}`;
      const [offset, value] = [BigInt(line.wLo), u64(line.vLo, line.vHi)];
      scene.emit(line, vcpu, 'guest', { kind: 'mmio.access', register, op, size: WORD, offset, value });
    },
  };
}

export const GICV2 = {
  ...GICV2_DISTRIBUTOR,
  gic_dist_write: write,
  gic_enable_irq: enables(1),
  gic_disable_irq: enables(0),
  gic_set_irq: lines,
  gic_update_bestirq: candidate,
  gic_update_set_irq: signal,
  gic_acknowledge_irq: acknowledge,
  gic_cpu_write: interfaceWrite,
  gic_cpu_read: interfaceAccess('read'),
  gic_hyp_read: hypervisorAccess('read'),
  gic_hyp_write: hypervisorAccess('write'),
  gic_lr_entry: {
    tell: (line, vcpu, scene) => {
      const value = u64(line.vLo, line.vHi);
      scene.emit(line, vcpu, 'hardware', { kind: 'gic.setup', what: `GICH_LR${line.b}`, value });
    },
  },
  gic_update_maintenance_irq: {
    tell: (line, vcpu, scene) => {
      const value = BigInt(line.b & 1);
      scene.emit(line, vcpu, 'hardware', { kind: 'gic.setup', what: 'maintenance interrupt', value });
    },
  },
} as const satisfies Partial<Record<Gicv2Event, Meaning>>;
