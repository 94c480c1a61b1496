/** The distributions of all lives and lines of a test. */
import { LatencyCollector, type LatencyGroup } from '../../core/analysis/latency.ts';
import { type Life } from '../../core/trace/life.ts';
import { type LineTime } from '../../core/trace/line-times.ts';

export function latencyOf(
  lives: Iterable<Life>,
  lines: Iterable<LineTime>,
  by: ConstructorParameters<typeof LatencyCollector>[0],
): LatencyGroup[] {
  const collector = new LatencyCollector(by);
  for (const life of lives) collector.add(life);
  for (const line of lines) collector.addLine(line);
  return collector.groups();
}
