/** The ledger as plans see it. */
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Store } from '../store/store.ts';
import type { Holdings } from './plan.ts';

export function holdingsOf({ ledger, log }: Store): Holdings {
  return {
    held: (mv: ModuleVersion) => ledger.held(mv),
    gaps: (mv: ModuleVersion) => ledger.gaps(mv),
    record: (name: string, mv: ModuleVersion) => log.find(name, mv),
  };
}
