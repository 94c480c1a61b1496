/** What an interrupt domain tells an observer (gicv5-spi-lpi-behaviour §4, §7): after the changes that the event owns. */

/** Why an instruction had no effect (§3.4). */
export type IgnoredReason = 'noEntry' | 'reservedType';

export type IrsEvent =
  /** A GIC instruction on an SPI or LPI. Words are the entry before and after. */
  | {
      readonly kind: 'gic.cd';
      readonly instruction: string;
      readonly intid: number;
      /** Which field it set, and to what. */
      readonly what: string;
      readonly value: number;
      readonly before: number;
      readonly after: number;
    }
  | {
      readonly kind: 'gic.cd.ignored';
      readonly instruction: string;
      readonly intid: number;
      readonly reason: IgnoredReason;
    }
  /** The candidate that the IRS sends to a PE; identifier 0: none. */
  | { readonly kind: 'irs.hppi'; readonly iaffid: number; readonly intid: number; readonly priority: number }
  /** A candidate whose affinity names no PE: it stays pending and is never delivered (§7.1). */
  | { readonly kind: 'irs.hppi.noPe'; readonly iaffid: number; readonly intid: number; readonly priority: number };
