/** `snapshots`: what was published, and which of it is kept. */
import type { KnownSnapshot } from '../retention/known.ts';
import type { Keep } from '../retention/prune-snapshots.ts';
import type { VerbContext } from './context.ts';
import { EXIT } from './exit.ts';
import { formatBytes } from './progress.ts';
import { someOf } from './render.ts';
import { usageError } from './usage.ts';
import type { Arguments, Verb } from './verb.ts';

const ID = {
  name: 'id',
  options: { type: 'string', describe: "a snapshot's id, the beginning of one, or 'current'" },
} as const;

export const snapshotsVerb: Verb = {
  name: 'snapshots',
  describe: 'list, pin, roll back and prune what was published',
  flags: {},
  actions: [
    {
      name: 'list',
      describe: 'all snapshots, oldest first; changes nothing',
      flags: {},
      run: async (context) => {
        const { listSnapshots } = await import('../app/retention.ts');
        const known = await listSnapshots(await context.loadApp());
        context.print(known.map(publicFields), () => known.map(renderLine).join(''));
        return EXIT.done;
      },
    },
    {
      name: 'show',
      describe: 'one snapshot: what it holds, and what it brought; changes nothing',
      flags: {},
      positional: ID,
      run: show,
    },
    {
      name: 'pin',
      describe: 'keep a snapshot, whatever a prune would remove',
      flags: { reason: { type: 'string', requiresArg: true, describe: 'why, shown by list and show' } },
      positional: ID,
      run: async (context, args) => {
        const { pin } = await import('../app/retention.ts');
        const reason = typeof args.reason === 'string' ? args.reason : null;
        const { id } = await pin(await context.loadApp(), idOf(args), reason);
        context.print({ id, pinned: true, reason }, () => `pinned ${id}\n`);
        return EXIT.done;
      },
    },
    {
      name: 'unpin',
      describe: 'let a prune remove a snapshot again',
      flags: {},
      positional: ID,
      run: async (context, args) => {
        const { unpin } = await import('../app/retention.ts');
        const { snapshot, wasPinned } = await unpin(await context.loadApp(), idOf(args));
        const { id } = snapshot;
        context.print({ id, pinned: false, wasPinned }, () =>
          wasPinned ? `unpinned ${id}\n` : `${id} was not pinned\n`,
        );
        return EXIT.done;
      },
    },
    {
      name: 'rollback',
      describe: 'make an earlier snapshot the current one; the next sync builds on it',
      flags: {},
      positional: ID,
      run: async (context, args) => {
        const { rollBack } = await import('../app/retention.ts');
        const { snapshot, from } = await rollBack(await context.loadApp(), idOf(args));
        const { id } = snapshot;
        context.print({ current: id, previous: from }, () =>
          id === from ? `${id} is current already\n` : `current: ${id}, before: ${from ?? 'nothing'}\n`,
        );
        return EXIT.done;
      },
    },
    {
      name: 'prune',
      describe: 'delete old snapshots, never what is current or pinned; gc then frees the pool',
      flags: {
        keep: { type: 'string', requiresArg: true, describe: 'keep the newest so many' },
        'keep-days': { type: 'string', requiresArg: true, describe: 'keep those of the last so many days' },
        'dry-run': { type: 'boolean', default: false, describe: 'only show what would go' },
      },
      run: prune,
    },
  ],
};

function idOf(args: Arguments): string {
  return typeof args.id === 'string' ? args.id : '';
}

async function show(context: VerbContext, args: Arguments): Promise<number> {
  const { showSnapshot } = await import('../app/retention.ts');
  const { snapshot, change, modules } = await showSnapshot(await context.loadApp(), idOf(args));
  const { files, sumdb, previous, pin } = snapshot;
  const document = {
    ...publicFields(snapshot),
    previous,
    files,
    sumdb,
    pin,
    change: change ?? null,
    versions: modules,
  };
  context.print(document, () =>
    [
      renderLine(snapshot).trimEnd(),
      `built on: ${previous ?? 'nothing'}`,
      `checksum database: ${sumdb ?? 'none'}`,
      ...(pin?.reason ? [`pinned: ${pin.reason}`] : []),
      ...(change ? [`added ${change.added.length}: ${someOf(change.added)}`] : []),
      ...(change ? [`removed ${change.removed.length}: ${someOf(change.removed)}`] : []),
      '',
    ].join('\n'),
  );
  return EXIT.done;
}

async function prune(context: VerbContext, args: Arguments): Promise<number> {
  const app = await context.loadApp();
  const given: Keep = { snapshots: countOf(args, 'keep'), days: countOf(args, 'keep-days') };
  const isGiven = given.snapshots !== undefined || given.days !== undefined;
  const keep = isGiven ? given : app.config.keep;
  if (keep === undefined || (keep.snapshots === undefined && keep.days === undefined)) {
    throw usageError(
      'snapshots prune: nothing says what to keep',
      'pass --keep <number> or --keep-days <days>, or set keep in the configuration',
    );
  }
  const dryRun = args['dry-run'] === true;
  const { prune: pruneSnapshots } = await import('../app/retention.ts');
  const removed = await pruneSnapshots(app, keep, dryRun);
  context.print({ dryRun, removed: removed.map(publicFields) }, () => {
    const lines = removed.map((one) => `${dryRun ? 'would remove' : 'removed'} ${renderLine(one)}`);
    const count = `${removed.length} snapshots ${dryRun ? 'would go' : 'removed'}`;
    return `${lines.join('')}${count}${removed.length > 0 && !dryRun ? ': modferry gc frees the pool' : ''}\n`;
  });
  return EXIT.done;
}

function countOf(args: Arguments, flag: string): number | undefined {
  const value = args[flag];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw usageError(`--${flag}: '${String(value)}' is no count of at least 1`);
}

function publicFields({ id, createdAt, modules, bytes, current, pinned }: KnownSnapshot) {
  return { id, createdAt, modules, bytes, current, pinned };
}

function renderLine({ id, createdAt, modules, bytes, current, pinned, pin }: KnownSnapshot): string {
  const notes = [
    ...(current ? ['current'] : []),
    ...(pinned ? [`pinned${pin?.reason ? `: ${pin.reason}` : ''}`] : []),
  ];
  const note = notes.length > 0 ? `  (${notes.join(', ')})` : '';
  return `${id}  ${createdAt}  ${modules} module versions, ${formatBytes(bytes)}${note}\n`;
}
