import { describe, expect, it } from 'vitest';
import { GuestView } from '../../../core/kvm/v5/guest-view.ts';
import { type Lab, SW_LINE, v1, v2 } from '../../conformance/v5-lab.ts';

const watch = (lab: Lab, index = 0): GuestView => {
  const view = new GuestView(lab.gic(index));
  lab.host.observe(() => view.update());
  return view;
};
const row = (view: GuestView): bigint[] => [view.pending, view.active, view.enabled, view.masked].map((c) => c.value);

describe('a guest’s view of its PPIs', () => {
  it('follows an interrupt through injection, entry, acknowledge, exit and deactivation', () => {
    const lab = v1();
    const guest = lab.guest().g();
    const view = watch(lab);
    guest.stop();
    expect(row(view)).toEqual([0n, 0n, 8n, 0n]);
    lab.irqLine(SW_LINE, 1);
    expect(row(view)).toEqual([8n, 0n, 8n, 0n]);
    guest.run();
    expect(row(view)).toEqual([8n, 0n, 8n, 0n]);
    guest.cdia();
    expect(row(view)).toEqual([0n, 8n, 8n, 0n]);
    guest.exit();
    expect(row(view)).toEqual([0n, 8n, 8n, 0n]);
    guest.cddi(0x2000_0003n);
    expect(row(view)).toEqual([0n, 0n, 8n, 0n]);
    expect(view.priority[0]?.value).toBe(0x1000_0000n);
  });

  it('tells what is held back', () => {
    const lab = v1();
    const guest = lab.guest().g();
    const view = watch(lab);
    lab.irqLine(SW_LINE, 1);
    guest.write('PCR', 0xfn);
    expect(row(view)).toEqual([8n, 0n, 8n, 8n]);
    guest.write('PCR', 0x10n);
    expect(row(view)).toEqual([8n, 0n, 8n, 0n]);
  });

  it('keeps a directly injected timer pending while its vCPU is off the CPU', () => {
    const lab = v2();
    const guest = lab.guest(0, 0).g(0x800_0000n);
    const view = watch(lab);
    guest.timer('CNTV', true);
    expect(view.pending.value).toBe(0x800_0000n);
    guest.exit();
    expect(view.pending.value).toBe(0x800_0000n);
    guest.stop();
    expect(view.pending.value).toBe(0x800_0000n);
    guest.timer('CNTV', false);
    guest.stop();
    expect(view.pending.value).toBe(0n);
  });

  it('has no edge where a directly injected timer stays pending on another CPU, whose wire is low', () => {
    const lab = v2();
    const guest = lab.guest(0, 0).g(0x800_0000n);
    const view = watch(lab);
    guest.timer('CNTV', true);
    guest.stop();
    const { journal } = lab;
    const mark = journal.mark();
    lab.guest(0, 1).run();
    expect(journal.changes(mark).filter(({ slot }) => slot === view.pending.slot)).toEqual([]);
    expect(view.pending.value).toBe(0x800_0000n);
  });

  it('is the same slot on every CPU', () => {
    const lab = v2();
    const view = watch(lab);
    const here = lab.guest(0, 0).g();
    here.write('PPI_SACTIVER0', 8n);
    here.stop();
    const there = lab.guest(0, 1);
    there.run();
    expect(row(view)).toEqual([0n, 8n, 8n, 0n]);
    expect(lab.journal.layout.descriptor(view.active.slot).path).toBe('vcpu0.guest.ICC_PPI_SACTIVER0_EL1');
  });

  it('changes nothing but its own slots', () => {
    const plain = v1();
    const viewed = v1();
    const view = watch(viewed);
    for (const lab of [plain, viewed]) {
      const guest = lab.guest().g();
      lab.irqLine(SW_LINE, 1);
      guest.cdia();
      guest.stop();
    }
    const { size } = plain.journal.state;
    for (let slot = 0; slot < size; slot++)
      expect(viewed.journal.state.lo[slot], plain.journal.layout.slots[slot]?.path).toBe(plain.journal.state.lo[slot]);
    expect(view.active.value).toBe(8n);
  });
});
