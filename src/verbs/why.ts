/** `why`: who wants a module, and what is known of it. */
import type { WhyReport, WhyVersion } from '../audit/why.ts';
import { EXIT } from './exit.ts';
import type { Verb } from './verb.ts';

export const whyVerb: Verb = {
  name: 'why',
  describe:
    'show which go.sum lines want a module (or module@version), whence it came, its hashes, its state; changes nothing',
  flags: {},
  positional: { name: 'module', options: { type: 'string', describe: 'module path, or path@version' } },
  run: async (context, args) => {
    const { why } = await import('../app/offline.ts');
    const report = await why(await context.loadApp(), String(args.module));
    context.print(report, () => renderWhy(report));
    return EXIT.done;
  },
};

function renderWhy({ module, versions }: WhyReport): string {
  if (versions.length === 0)
    return `${module}: no go.sum line wants it, and the mirror holds nothing of it\n`;
  return versions.map((version) => renderVersion(module, version)).join('');
}

function renderVersion(
  module: string,
  { version, state, files, gaps, record, wantedBy }: WhyVersion,
): string {
  return [
    `${module}@${version}: ${state}`,
    ...files.map(
      ({ file, h1, sha256, size, upstream, fetchedAt }) =>
        `  ${file}: ${h1 ?? `sha256:${sha256}`}, ${size} bytes, from ${upstream} at ${fetchedAt}`,
    ),
    ...gaps.map(({ message, firstSeen }) => `  missing since ${firstSeen}: ${message}`),
    ...(record
      ? [
          `  record ${record.id} of ${record.log}, proved under its head of ${record.provedUnder} records` +
            (record.publishedUnder === null ? ', not published' : ''),
        ]
      : []),
    ...(wantedBy.length === 0 ? ['  wanted by no seed of the last run'] : []),
    ...wantedBy.map(({ source, line, file, h1, because }) =>
      because === null
        ? `  ${line === 0 ? source : `${source}:${line}`} wants the ${file}: ${h1 ?? 'by the log alone'}`
        : `  selected by ${source.replace(' (graph)', '')} because ${because} requires it (${file})`,
    ),
    '',
  ].join('\n');
}
