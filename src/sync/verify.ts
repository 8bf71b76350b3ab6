/**
 * The judge: the only maker of a `VerifiedArtifact`. Each function takes bytes that an upstream controls and what
 * go.sum says of them, and answers with proof or throws. Nothing else in the program may cast to the type.
 */
import { hash } from 'node:crypto';
import { VerificationError } from '../errors.ts';
import type { Artifact, Content, ModuleFile, VerifiedArtifact } from '../gomod/artifact.ts';
import { type H1, hashGoMod } from '../gomod/h1.ts';
import { formatInfo, type ModuleInfo } from '../gomod/info.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { ZipFacts } from '../modzip/zip-hasher.ts';

/** What a file must hash to, and who says so: `go.sum`, or the name of a log. */
export interface ExpectedHash {
  readonly h1: H1;
  readonly by: string;
}

/** A zip whose rules and hashes `modzip` has checked, against the h1 that go.sum and the log give it. */
export function verifyZip(
  mv: ModuleVersion,
  facts: ZipFacts,
  expected: ExpectedHash,
  upstream: string,
  content: Content,
): VerifiedArtifact {
  if (facts.h1 !== expected.h1) throw mismatch(mv, 'zip', expected, facts.h1, upstream);
  const { size, sha256, sha512, h1 } = facts;
  return proved({ mv, file: 'zip', size, sha256, sha512, h1, upstream }, content);
}

/** A go.mod file against the h1 that go.sum and the log give it. */
export function verifyMod(
  mv: ModuleVersion,
  body: Buffer,
  expected: ExpectedHash,
  upstream: string,
  content: Content,
): VerifiedArtifact {
  const h1 = hashGoMod(body);
  if (h1 !== expected.h1) throw mismatch(mv, 'mod', expected, h1, upstream);
  return proved({ mv, file: 'mod', size: body.length, sha256: sha256Of(body), h1, upstream }, content);
}

/**
 * A go.mod file of which no line gives a hash: it must be the go.mod in the zip that was verified, or, where the
 * zip has none, the line that the go command makes up.
 */
export function verifyModFromZip(
  mv: ModuleVersion,
  body: Buffer,
  fromZip: H1,
  upstream: string,
  content: Content,
): VerifiedArtifact {
  const h1 = hashGoMod(body);
  if (h1 === fromZip)
    return proved({ mv, file: 'mod', size: body.length, sha256: sha256Of(body), h1, upstream }, content);
  throw new VerificationError(
    'GOMOD_INVALID',
    `${formatModuleVersion(mv)}: mod: is not the go.mod of the verified zip: the zip has ${fromZip}, ${upstream} sent ${h1}`,
    { module: formatModuleVersion(mv), hint: suspect },
  );
}

/** An `.info` has no hash anywhere: its shape and version were checked, and the bytes are our own. */
export function verifyInfo(
  mv: ModuleVersion,
  info: ModuleInfo,
  upstream: string,
  content?: Content,
): VerifiedArtifact {
  const bytes = Buffer.from(formatInfo(info));
  const artifact: Artifact = { mv, file: 'info', size: bytes.length, sha256: sha256Of(bytes), upstream };
  return proved(artifact, content ?? { in: 'memory', bytes });
}

const suspect = 'compare what other upstreams serve; the evidence is in quarantine/';

function mismatch(
  mv: ModuleVersion,
  file: ModuleFile,
  { h1, by }: ExpectedHash,
  got: H1,
  upstream: string,
): VerificationError {
  const name = formatModuleVersion(mv);
  return new VerificationError(
    'HASH_MISMATCH',
    `${name}: ${file}: hash mismatch: ${by} says ${h1}, ${upstream} sent ${got}`,
    { module: name, hint: suspect },
  );
}

function sha256Of(bytes: Buffer): string {
  return hash('sha256', bytes);
}

/** The one place where the claim is made: every caller above has just compared the hash or the shape. */
function proved(artifact: Artifact, content: Content): VerifiedArtifact {
  return { ...artifact, content } as VerifiedArtifact;
}
