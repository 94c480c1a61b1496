/** What a sent SGI says of its targets: whom it reaches, and whom not and why. */
import { type SgiSent } from '../../kvm/events.ts';
import { type Detail } from '../../trace/kinds.ts';
import { textsOfNumbers } from './detail-texts.ts';

/** To one vCPU, which is most of them. */
const toOne = textsOfNumbers((sgi, to) => ({ sgi, to: `${to}` }));

export function sgiText(sent: SgiSent): string {
  const { sgi, to, filtered, absorbed, off, nobody } = sent;
  const isPlain = filtered.length + absorbed.length + off.length + nobody.length === 0;
  const [target] = to;
  if (isPlain && to.length === 1 && target !== undefined) return toOne(sgi, target);
  return JSON.stringify(sgiDetail(sent));
}

function sgiDetail({ sgi, to, filtered, absorbed, off, nobody }: SgiSent): Detail {
  const outcome = [
    ...(to.length === 0 ? ['reaches no vCPU'] : []),
    ...(nobody.length === 0 ? [] : [`no vCPU at Aff0 ${ranges(nobody)}`]),
    ...(filtered.length === 0 ? [] : [`of group 1 at vCPU ${ranges(filtered)}`]),
    ...(absorbed.length === 0 ? [] : [`waits already at vCPU ${ranges(absorbed)}`]),
    ...(off.length === 0 ? [] : [`vCPU ${ranges(off)} off`]),
  ].join(', ');
  return { sgi, to: ranges(to), ...(outcome === '' ? {} : { outcome }) };
}

/** `0-2, 5` of ascending numbers. */
function ranges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length;) {
    const first = numbers[i] ?? 0;
    let last = first;
    for (i++; numbers[i] === last + 1; i++) last++;
    parts.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return parts.join(', ');
}
