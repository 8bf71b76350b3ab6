/** Builds `verify --repair`: the one form of verify that holds the lock, changes something and may use the network. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type VerifyReport, verifyMirror } from '../audit/verify.ts';
import { ZipHasher } from '../modzip/zip-hasher.ts';
import { repairMirror } from '../repair/run.ts';
import { type Layout, SUMDB } from '../site/layout.ts';
import { databaseFlaw } from '../store/integrity.ts';
import { acquireLease, withLease } from '../store/lease.ts';
import { asStateError } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { emptyStaging, makeFolders } from '../sync/prepare.ts';
import { type AppContext, layoutOfConfig } from './context.ts';
import { findUpstreams, LazyUpstreams } from './network.ts';
import { verify } from './offline.ts';
import { findSumDb, keysOfLog } from './sumdb.ts';
import type { Signals } from './sync.ts';

export async function repair(context: AppContext, full: boolean, signals: Signals): Promise<VerifyReport> {
  const layout = layoutOfConfig(context.config);
  // Where nothing was ever published there is nothing to mend, and no lock to take.
  if (!existsSync(layout.snapshots)) return verify(context, full);
  const warn = (message: string) => context.log.warn(message);
  return withLease(
    layout.mirror,
    'verify',
    () => new Date(),
    warn,
    async () => {
      makeFolders(layout);
      emptyStaging(layout);
      try {
        return await alone(layout, () => repairHeld(context, layout, full, signals));
      } catch (error) {
        throw asStateError(error, layout.stateDb);
      } finally {
        emptyStaging(layout);
      }
    },
  );
}

/** Whoever shares the log with this mirror may be publishing into it. */
async function alone<T>(layout: Layout, work: () => Promise<T>): Promise<T> {
  if (layout.sumdb === join(layout.public, SUMDB)) return work();
  const folder = join(layout.sumdb, '.lock');
  mkdirSync(folder, { recursive: true });
  const lease = acquireLease(folder, 'verify', () => new Date());
  try {
    return await work();
  } finally {
    rmSync(layout.logStaging, { recursive: true, force: true });
    lease.release();
  }
}

async function repairHeld(
  context: AppContext,
  layout: Layout,
  full: boolean,
  signals: Signals,
): Promise<VerifyReport> {
  const { config, env, log } = context;
  const upstreams = new LazyUpstreams(context, findUpstreams(context));
  const sumdb = findSumDb(config, env);
  const hasher = new ZipHasher();
  const keysOf = (name: string) => keysOfLog(name, config, env);
  let last: VerifyReport | undefined;
  try {
    const { problems, bad, rebuilt } = await repairMirror({
      layout,
      upstreams,
      hasher,
      databaseFlaw: databaseFlaw(layout.stateDb, full),
      look: async (store: Store | undefined, flaw) => {
        last = await verifyMirror({ layout, store, databaseFlaw: flaw, hasher, keysOf }, full);
        return last.problems;
      },
      logOf: (name) => {
        const keys = keysOf(name);
        const server = sumdb?.settings.name === name ? upstreams.log(sumdb.address) : undefined;
        return keys && { keys, server };
      },
      now: () => new Date(),
      log: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
      ...signals,
    });
    if (last === undefined) throw new Error('the mirror was not looked at');
    const repaired = problems.filter((problem) => problem.repaired).length;
    return { ...last, bad, repaired, problems, ...(rebuilt === undefined ? {} : { rebuilt }) };
  } finally {
    await Promise.all([upstreams.close(), hasher.close()]);
  }
}
