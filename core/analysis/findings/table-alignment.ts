/**
 * A table of LPIs that does not lie at a multiple of its size (gicv5-spi-lpi-behaviour §3.2, §3.3). What an IRS makes of
 * the address bits below is not known: the emulator uses the address as written, KVM's virtual IRS no table of the
 * guest's at all.
 *
 * Kept: what software wrote last to IRS_IST_CFGR and IRS_IST_BASER.
 */
import { istBytes } from '../../gic/v5/irs/iste.ts';
import { actorOf, type FindingPosition, positionOf, type Rule } from './finding.ts';

const CFGR = 'IRS_IST_CFGR';
const BASER = 'IRS_IST_BASER';
const VALID = 1n;
const ADDRESS = 0x00ff_ffff_ffff_ffc0n;
const LOW_HALF = 0xffff_ffffn;

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

export const TABLE_ALIGNMENT: Rule = {
  id: 'misaligned-table',
  severity: 'warning',
  about: 'a table of LPIs that is not aligned to its size',
  clause: 'gicv5-spi-lpi-behaviour §3.2',
  names: [CFGR, BASER],
  start(report) {
    let shape: { readonly bytes: number; readonly at: FindingPosition } | undefined;
    let baser = 0n;
    return (event) => {
      if (event.kind !== 'mmio.access' || event.op !== 'write' || event.value === undefined) return;
      const { register, size, offset, value, vcpu } = event;
      const isInUse = (baser & VALID) !== 0n;
      if (register === CFGR) {
        if (!isInUse) shape = { bytes: istBytes(Number(value)), at: positionOf(event, `IRS_IST_CFGR = ${hex(value)}`) };
        return;
      }
      const written = size === 8 ? value : offset % 8n === 0n ? merge(baser, value, 0n) : merge(baser, value, 32n);
      // An address is taken when the table becomes valid.
      if (isInUse && (written & VALID) !== 0n) return;
      baser = written;
      const address = baser & ADDRESS;
      if (shape === undefined || (baser & VALID) === 0n || address % BigInt(shape.bytes) === 0n) return;
      report({
        key: `${address} ${shape.bytes}`,
        title: `The table of LPIs at ${hex(address)} is not aligned to its ${hex(shape.bytes)} bytes`,
        explanation:
          `${actorOf(vcpu)} gives the IRS a table of ${hex(shape.bytes)} bytes at ${hex(address)}. ` +
          `Its address should be a multiple of its size: an IRS may ignore the bits below.`,
        positions: [shape.at, positionOf(event, `IRS_IST_BASER = ${hex(baser)}`)],
      });
    };
  },
};

/** A register with one half replaced. */
function merge(now: bigint, half: bigint, shift: bigint): bigint {
  return (now & ~(LOW_HALF << shift)) | ((half & LOW_HALF) << shift);
}
