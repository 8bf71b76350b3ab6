/** Adds gauges whose values are known at once; what is unknown is left out rather than given as a zero. */
import { Gauge, type Registry } from 'prom-client';

/** A moment is given in seconds since 1970, as Prometheus counts. */
export function addGauge(
  registry: Registry,
  name: string,
  help: string,
  value: number | Date | undefined,
): void {
  if (value === undefined) return;
  const gauge = new Gauge({ name, help, registers: [registry] });
  gauge.set(value instanceof Date ? value.getTime() / 1000 : value);
}

/** One value for each set of labels, the sum where two have the same; a family without any is left out. */
export function addFamily<Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  values: readonly { readonly labels: Readonly<Record<Label, string>>; readonly value: number }[],
): void {
  const [first] = values;
  if (first === undefined) return;
  const labelNames = Object.keys(first.labels) as Label[];
  const gauge = new Gauge<Label>({ name, help, labelNames, registers: [registry] });
  for (const { labels, value } of values) gauge.inc({ ...labels }, value);
}
