/** The zip of one module version: asked for by itself, and by a go.mod that only the zip can judge. */
import { MirrorError } from '../errors.ts';
import type { VerifiedArtifact } from '../gomod/artifact.ts';
import { synthesizedGoMod } from '../gomod/go-mod.ts';
import { type H1, hashGoMod } from '../gomod/h1.ts';
import { formatModuleVersion } from '../gomod/module-version.ts';
import type { FetchDeps } from './fetch.ts';
import { adoptOrFetch, type Request, type Suspect } from './judged.ts';
import type { Judgement } from './judgement.ts';
import type { ModulePlan } from './plan.ts';
import { NoHashError } from './problem.ts';
import { verifyZip } from './verify.ts';

/** Checked at most once, however many ask for it. */
export class ZipJob {
  readonly #plan: ModulePlan;
  readonly #judgement: Judgement;
  readonly #deps: FetchDeps;
  #result: Promise<{ artifact: VerifiedArtifact | undefined; goModH1: H1 | null }> | undefined;

  constructor(plan: ModulePlan, judgement: Judgement, deps: FetchDeps) {
    this.#plan = plan;
    this.#judgement = judgement;
    this.#deps = deps;
  }

  async artifact(): Promise<VerifiedArtifact> {
    const { artifact } = await this.#run();
    if (!artifact)
      throw new Error(`${formatModuleVersion(this.#plan.wanted.mv)}: the zip was not to be fetched`);
    return artifact;
  }

  /** What the `.mod` must hash to, by the verified zip; undefined where there is no such zip. */
  async modHash(): Promise<H1 | undefined> {
    const { mv } = this.#plan.wanted;
    if (!this.#plan.fetch.includes('zip') && !this.#plan.held.has('zip')) return undefined;
    try {
      const { goModH1 } = await this.#run();
      return goModH1 ?? hashGoMod(synthesizedGoMod(mv.path));
    } catch (error) {
      // The zip's own failure is reported where the zip is asked for; here it only means that nobody can judge.
      if (error instanceof MirrorError) return undefined;
      throw error;
    }
  }

  #run() {
    this.#result ??= this.#plan.fetch.includes('zip') ? this.#fetch() : this.#inspectHeld();
    return this.#result;
  }

  async #inspectHeld() {
    const { mv } = this.#plan.wanted;
    const facts = await this.#deps.hasher.check(this.#deps.pool.pathOf(mv, 'zip'), mv, this.#deps.signal);
    return { artifact: undefined, goModH1: facts.goModH1 };
  }

  async #fetch() {
    const { wanted } = this.#plan;
    const { mv } = wanted;
    const { hasher, pool, signal } = this.#deps;
    if (!this.#judgement.hasLine('zip')) await this.#expected();
    let goModH1: H1 | null = null;
    const judge = async ({ upstream, content }: Suspect) => {
      const path = content.in === 'staging' ? content.path : pool.pathOf(mv, 'zip');
      const facts = await hasher.check(path, mv, signal);
      const h1 = await this.#expected();
      goModH1 = facts.goModH1;
      return verifyZip(mv, facts, { h1, by: this.#judgement.by }, upstream, content);
    };
    const get = async (request: Request): Promise<Suspect> => {
      const path = pool.stagingPath();
      const { upstream } = await this.#deps.upstreams.zip(mv, path, request);
      return { upstream, content: { in: 'staging', path } };
    };
    const artifact = await adoptOrFetch(mv, 'zip', get, judge, this.#deps);
    return { artifact, goModH1 };
  }

  /** Only the log can judge a zip of which no line gives the hash. */
  async #expected(): Promise<H1> {
    const expected = await this.#judgement.expected('zip');
    if (expected !== undefined) return expected;
    const module = formatModuleVersion(this.#plan.wanted.mv);
    throw new NoHashError(
      'NO_HASH',
      `${module}: zip: held back: no go.sum line gives its hash, and no checksum database vouches for it`,
      { module },
    );
  }
}
