/** What one snapshot has that another has not, by module version. Pure. */
import type { ManifestModule } from '../site/manifest.ts';

/** `module@version`, sorted as the manifests are. */
export interface ContentsChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export function changeOf(
  before: readonly ManifestModule[],
  after: readonly ManifestModule[],
): ContentsChange {
  const names = (modules: readonly ManifestModule[]) =>
    new Set(modules.map(({ module, version }) => `${module}@${version}`));
  const [old, now] = [names(before), names(after)];
  return { added: [...now.difference(old)], removed: [...old.difference(now)] };
}
