/** Prints a row for each target once all have run. */
import type { Reporter, TestModule } from 'vitest/node';
import type { FuzzRow } from './campaign.ts';

const COLUMNS: readonly [string, (row: FuzzRow) => string | number][] = [
  ['target', ({ target }) => target],
  ['inputs', ({ inputs }) => inputs],
  ['accepted', ({ accepted }) => accepted],
  ['refused', ({ refused }) => refused],
  ['ms', ({ milliseconds }) => milliseconds],
  ['peak MB', ({ peakMegabytes }) => peakMegabytes],
  ['seed', ({ seed }) => seed],
];

export class FuzzTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const rows = tests.flatMap((test) => test.meta().fuzz ?? []);
    const table = [
      COLUMNS.map(([title]) => title),
      ...rows.map((row) => COLUMNS.map(([, value]) => String(value(row)))),
    ];
    const widths = COLUMNS.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
    const lines = table.map((cells) =>
      cells.map((cell, column) => pad(cell, widths[column], column)).join('  '),
    );
    process.stdout.write(`\n${lines.map((line) => line.trimEnd()).join('\n')}\n`);
  }
}

function pad(cell: string, width = 0, column = 0): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
