/**
 * AP list to list registers before an entry, and back after an exit (kvm-vgic-v3 §7, §8). The image in memory
 * (`VgicVcpu.lr` …) is what the hardware is loaded from; `world-switch.ts` moves it.
 */
import {
  LR_ACTIVE,
  LR_EOI,
  LR_GROUP,
  LR_HW,
  LR_PENDING,
  LR_PINTID,
  LR_PRIORITY_SHIFT,
  LR_SOURCE_SHIFT,
  LR_STATE,
} from '../../gic/v3/list-register.ts';
import { EOICOUNT_MASK, EOICOUNT_SHIFT, HCR, VMCR } from '../../gic/v3/vmcr.ts';
import { FIRST_LPI, FIRST_SPI, INTID_MASK_V2, type Irq } from './irq.ts';
import { needsResample, resample } from './mapped.ts';
import { prune, sortApList, targetOf } from './queue.ts';
import { type VgicVcpu } from './vcpu-state.ts';
import { type VgicVm } from './vm-state.ts';

/** A list register value as it is being built. */
interface Built {
  lo: number;
  hi: number;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function popcount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** §7.1, without side effects. */
function build(vgic: VgicVm, irq: Irq): Built {
  const multiSource = irq.isSgi && vgic.flavour.sgiSources;
  let lo = irq.intid;
  let hi = 0;
  let allowPending = true;
  if (irq.active) {
    hi |= LR_ACTIVE;
    if (multiSource) {
      lo |= irq.activeSource << LR_SOURCE_SHIFT;
      if (popcount(irq.source) + 1 > 1) {
        allowPending = false;
        hi |= LR_EOI;
      }
    }
  }
  if (irq.hw && !needsResample(vgic, irq)) {
    hi |= LR_HW | irq.hwIntid;
    if (irq.active) allowPending = false;
  } else if (irq.isLevel) {
    hi |= LR_EOI;
    if (irq.active) allowPending = false;
  }
  if (allowPending && irq.pending) {
    hi |= LR_PENDING;
    if (multiSource) {
      const { source } = irq;
      lo |= lowestBit(source) << LR_SOURCE_SHIFT;
      if ((source & (source - 1)) !== 0) hi |= LR_EOI;
    }
  }
  if (irq.group === 1) hi |= LR_GROUP;
  hi |= vgic.priorityOf(irq) << LR_PRIORITY_SHIFT;
  return { lo: lo >>> 0, hi: hi >>> 0 };
}

/** What loading a pending interrupt takes from memory. */
function consume(vgic: VgicVm, irq: Irq): void {
  if (!irq.isLevel) irq.latch = false;
  if (irq.isSgi && vgic.flavour.sgiSources) {
    const rest = irq.source & (irq.source - 1);
    irq.source = rest;
    if (rest !== 0) irq.latch = true;
  }
  if (irq.isMappedLevel) irq.line = false;
}

interface Census {
  pending: number;
  active: number;
  sgis: number;
}

function census(self: VgicVcpu): Census {
  const count = { pending: 0, active: 0, sgis: 0 };
  for (let irq = self.first; irq !== undefined; irq = self.after(irq)) {
    if (targetOf(self.vgic, irq) !== self.index) continue;
    if (irq.active) count.active++;
    else count.pending++;
    if (irq.isSgi) count.sgis++;
  }
  return count;
}

const intidOf = ({ intid }: Irq): number => intid;

/** §7 */
export function flush(self: VgicVcpu): void {
  const { vgic } = self;
  const { numLr } = vgic;
  const count = census(self);
  const overflow = count.pending + count.active > numLr;
  if (overflow) {
    const before = self.apList;
    const after = sortApList(self, before);
    self.vcpu.emit({ kind: 'ap.sort', before: before.map(intidOf), after: after.map(intidOf) });
  }
  let used = 0;
  self.lastLr.set(0);
  for (let irq = self.first; irq !== undefined && used < numLr; irq = self.after(irq)) {
    if (targetOf(vgic, irq) !== self.index) continue;
    const { lo, hi } = build(vgic, irq);
    if ((hi & LR_PENDING) !== 0) consume(vgic, irq);
    self.lr[used]?.set(lo, hi);
    irq.onLr = true;
    used++;
    if (used === numLr) self.lastLr.set(irq.intid + 1);
  }
  for (let n = used; n < self.lr.length; n++) self.lr[n]?.set(0, 0);
  self.usedLrs.set(used);
  self.hcr.set(hcrFor(self, count, overflow));
}

/** §7.2 */
function hcrFor(self: VgicVcpu, count: Census, overflow: boolean): number {
  const { vgic } = self;
  const vmcr = self.vmcr.lo;
  let hcr = HCR.EN;
  if (overflow) hcr |= HCR.UIE;
  if (count.active > 0 && overflow) hcr |= HCR.LRENPIE;
  if (count.pending > vgic.numLr) hcr |= HCR.NPIE;
  hcr |= (vmcr & VMCR.ENG0) !== 0 ? HCR.VGRP0DIE : HCR.VGRP0EIE;
  hcr |= (vmcr & VMCR.ENG1) !== 0 ? HCR.VGRP1DIE : HCR.VGRP1EIE;
  if (count.sgis === 0) hcr |= HCR.VSGI_EOI_COUNT;
  if (!vgic.hasTdir || (count.active > 0 && overflow) || vgic.activeSpis.lo > 0) hcr |= HCR.TDIR;
  return hcr;
}

/** §8.2: one list register value back into memory. */
function foldLr(self: VgicVcpu, lo: number, hi: number): void {
  const { vgic } = self;
  const { sgiSources } = vgic.flavour;
  const intid = sgiSources ? lo & INTID_MASK_V2 : lo;
  const irq = vgic.lookup(self, intid);
  if (irq === undefined) return;
  const active = (hi & LR_ACTIVE) !== 0 && intid < FIRST_LPI;
  const pending = (hi & LR_PENDING) !== 0;
  const deactivated = irq.active && !active;
  irq.active = active;
  if (!irq.isLevel && pending) irq.latch = true;
  if (irq.isLevel && (hi & LR_STATE) === 0) irq.latch = false;
  if (irq.isSgi && sgiSources) {
    const source = (lo >>> LR_SOURCE_SHIFT) & 7;
    if (active) irq.activeSource = source;
    if (pending) irq.source |= 1 << source;
  }
  resample(vgic, irq, deactivated, pending);
  irq.onLr = false;
  if (deactivated && (hi & LR_STATE) === 0 && (hi & LR_EOI) !== 0 && (hi & LR_HW) === 0 && vgic.isSpi(intid)) {
    self.vcpu.emit({ kind: 'irq.acknowledged', pin: intid - FIRST_SPI });
    vgic.listener.acknowledged(intid - FIRST_SPI);
    vgic.activeSpis.set(Math.max(0, vgic.activeSpis.lo - 1));
  }
}

/** Deactivates `irq` as its list register would have been: physically too, then folds it (§8.3, §8.4). */
export function deactivateInMemory(self: VgicVcpu, irq: Irq): void {
  const { lo, hi } = build(self.vgic, irq);
  if ((hi & LR_HW) !== 0)
    self.vcpu.emit({
      kind: 'physical.deactivate',
      intid: irq.intid,
      pintid: hi & LR_PINTID & 0x3ff,
      by: 'software',
    });
  foldLr(self, lo, (hi & ~LR_ACTIVE) >>> 0);
}

/** §8.2, §8.3, then §6.1. */
export function fold(self: VgicVcpu): void {
  const { vgic } = self;
  vgic.executing = self;
  const used = self.usedLrs.lo;
  for (let n = 0; n < used; n++) {
    const cell = self.lr[n];
    if (cell !== undefined) foldLr(self, cell.lo, cell.hi);
  }
  let eoiCount = (self.hcr.lo & EOICOUNT_MASK) >>> EOICOUNT_SHIFT;
  const last = self.listed(self.lastLr.lo - 1);
  // A chain through the interrupts: the last one is still on the list, nothing was pruned since the flush.
  for (let irq = last && self.after(last); irq !== undefined && eoiCount > 0; irq = self.after(irq)) {
    if (!irq.active || targetOf(vgic, irq) !== self.index) continue;
    deactivateInMemory(self, irq);
    eoiCount--;
  }
  self.usedLrs.set(0);
  prune(self);
}
