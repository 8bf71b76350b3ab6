/**
 * The order of Go versions as go.mod's `go` line writes them: `1.21`, `1.21rc2`, `1.21.0`, `1.21.3`. From Go 1.21 on
 * a language version comes before its release candidates, which come before its `.0`; before Go 1.21 it is the same
 * as its `.0`. Source: cmd/go/internal/gover.
 */
const FORM = /^(\d+)(?:\.(\d+))?(?:\.(\d+)|(alpha|beta|rc)(\d+))?$/;
const KINDS: Readonly<Record<string, number>> = { alpha: 1, beta: 2, rc: 3 };

/** Negative, zero or positive; a text that is no Go version comes before all that are. */
export function compareGoVersions(a: string, b: string): number {
  const left = rank(a);
  const right = rank(b);
  const differing = left.findIndex((part, index) => part !== right[index]);
  return differing === -1 ? 0 : (left[differing] ?? 0) - (right[differing] ?? 0);
}

/** The newer of two, either of which may not be known; the first of two that are equal. */
export function laterGo(a: string, b: string | undefined): string;
export function laterGo(a: string | undefined, b: string | undefined): string | undefined;
export function laterGo(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareGoVersions(b, a) > 0 ? b : a;
}

/**
 * Whether a go.mod with this `go` line names all that its packages need, so that the go command need not look at
 * what lies behind its requirements: from Go 1.17 on. Without a `go` line a go.mod counts as Go 1.16.
 */
export function supportsPruning(go: string | undefined): boolean {
  return go !== undefined && compareGoVersions(go, '1.17') >= 0;
}

/** Major, minor, then what stands behind: nothing 0, alpha 1, beta 2, rc 3, a patch 4; then its number. */
function rank(version: string): readonly number[] {
  const match = FORM.exec(version);
  if (!match) return [-1, 0, 0, 0];
  const [, major = '0', minor = '0', patch, kind, number] = match;
  if (kind === undefined && (patch !== undefined || Number(minor) < 21)) {
    return [Number(major), Number(minor), 4, Number(patch ?? 0)];
  }
  return [Number(major), Number(minor), kind === undefined ? 0 : (KINDS[kind] ?? 0), Number(number ?? 0)];
}
