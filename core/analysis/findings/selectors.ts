/**
 * Two vCPUs at one selector of the IRS (gicv5-irs-registers §3 rule 5): the groups SELR, STATUSR, CFGR are not atomic, so
 * a vCPU that selected an SPI or PE may configure the one that another selected after it.
 *
 * Kept: per group the last selection, and each vCPU's own.
 */
import { actorOf, type FindingPosition, positionOf, type Rule } from './finding.ts';

const GROUPS = [
  { selector: 'IRS_SPI_SELR', configures: ['IRS_SPI_CFGR', 'IRS_SPI_DOMAINR', 'IRS_SPI_VMR'], what: 'SPI' },
  { selector: 'IRS_PE_SELR', configures: ['IRS_PE_CR0'], what: 'PE' },
] as const;

interface Selection {
  readonly value: bigint;
  readonly at: FindingPosition;
}

export const SELECTOR_RACE: Rule = {
  id: 'selector-race',
  severity: 'warning',
  about: 'an SPI or PE that is configured through another vCPU’s selection',
  clause: 'gicv5-irs-registers §3 rule 5',
  names: GROUPS.flatMap(({ selector, configures }) => [selector, ...configures]),
  start(report) {
    const last = new Map<string, Selection>();
    const own = new Map<string, Selection>();
    return (event) => {
      if (event.kind !== 'mmio.access' || event.op !== 'write' || event.vcpu === undefined) return;
      const { register, vcpu, value = 0n } = event;
      const group = GROUPS.find(
        ({ selector, configures }) => selector === register || configures.some((name) => name === register),
      );
      if (group === undefined) return;
      const { selector, what } = group;
      if (register === selector) {
        const selection = { value, at: positionOf(event, `${actorOf(vcpu)} selects ${what} ${value}`) };
        last.set(selector, selection);
        own.set(`${selector} ${vcpu}`, selection);
        return;
      }
      const now = last.get(selector);
      const mine = own.get(`${selector} ${vcpu}`);
      if (now === undefined || mine === undefined || now.at.vcpu === vcpu || now.value === mine.value) return;
      report({
        key: selector,
        title: `${actorOf(vcpu)} configures ${what} ${now.value}, which ${actorOf(now.at.vcpu)} selected`,
        explanation:
          `${actorOf(vcpu)} had selected ${what} ${mine.value}; ${actorOf(now.at.vcpu)} selected ${what} ${now.value} before it wrote ${register}. ` +
          `Selecting and configuring are not one step: software must serialise them.`,
        positions: [mine.at, now.at, positionOf(event, `${actorOf(vcpu)} writes ${register}`)],
      });
    };
  },
};
