/** `gc`: frees the pool of what no snapshot needs. */
import { EXIT } from './exit.ts';
import { formatBytes } from './progress.ts';
import type { Verb } from './verb.ts';

export const gcVerb: Verb = {
  name: 'gc',
  describe: 'remove from the pool what no snapshot needs and no go.sum wants',
  flags: { 'dry-run': { type: 'boolean', default: false, describe: 'only show what would go' } },
  run: async (context, args) => {
    const { gc } = await import('../app/retention.ts');
    const dryRun = args['dry-run'] === true;
    const garbage = await gc(await context.loadApp(), dryRun);
    const files = garbage.map(({ path, size }) => ({ path, size }));
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    context.print({ dryRun, files, count: files.length, bytes }, () => {
      const lines = dryRun
        ? files.map(({ path, size }) => `would remove ${path} (${formatBytes(size)})\n`)
        : [];
      return `${lines.join('')}${files.length} files, ${formatBytes(bytes)} ${dryRun ? 'would go' : 'removed'}\n`;
    });
    return EXIT.done;
  },
};
