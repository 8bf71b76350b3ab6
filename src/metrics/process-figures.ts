/** The figures of the process itself: CPU time, memory, open files, and how late its event loop is. */
import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Gauges whose names end as only a counter's may; the same figures by type stand in families that stay. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

export function addProcessFigures(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
