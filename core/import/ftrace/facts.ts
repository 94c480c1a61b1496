/** What an import of ftrace events says about the machine beside its counts. */
import { countText } from '../../state/units.ts';
import { type Scene } from './scene.ts';

/** The fact that says why there are none. */
const NO_VCPUS = 'no vCPUs';

/** What was found out about the machine. */
export function sceneFacts(scene: Scene): Record<string, string> {
  const facts: Record<string, string> = {};
  const { summary, rivals } = scene.threads;
  if (scene.guest !== undefined) facts['vCPUs from'] = scene.guest.from;
  else if (scene.threads.count === 0) facts[NO_VCPUS] = scene.hint.text;
  if (summary !== '') facts['vCPU threads'] = summary;
  if (rivals > 0)
    facts['several VMs'] = `${rivals} threads are vCPUs of a number that another thread has; each has its own lane`;
  if (scene.gicFrom !== '') facts['GIC model from'] = scene.gicFrom;
  if (scene.frames.summary !== '') facts['register frames'] = scene.frames.summary;
  if (scene.unproven > 0) facts['vCPU not proven'] = `${countText(scene.unproven)} events`;
  return facts;
}
