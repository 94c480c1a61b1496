import { describe, expect, it } from 'vitest';
import { onVcpu } from '../../../renderer/format/on-vcpu.ts';

const from = (kind: string) => ({ source: { kind, files: [], facts: {} } });

describe('the vCPU of an event', () => {
  it('is unknown where a recording proves none, and none where the machine was recorded itself', () => {
    expect(onVcpu(3, from('qemu-log'))).toBe('vCPU 3');
    expect(onVcpu(null, from('qemu-log'))).toBe('unknown');
    expect(onVcpu(null, from('scenario'))).toBe('no vCPU');
  });
});
