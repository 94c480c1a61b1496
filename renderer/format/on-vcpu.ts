/** Which vCPU an event belongs to, in words. Pure. */
import { type Result } from '../../core/session/contract.ts';

/**
 * `vCPU 1`; of an event without one `no vCPU` or `unknown`: a recorded machine tells every vCPU that has part in an
 * event, an imported recording only those that its lines prove.
 */
export function onVcpu(vcpu: number | null, { source }: Pick<Result<'trace.open'>, 'source'>): string {
  if (vcpu !== null) return `vCPU ${vcpu}`;
  return source.kind === 'scenario' ? 'no vCPU' : 'unknown';
}
