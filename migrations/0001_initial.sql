-- The ledger: what the mirror holds, who wants it, what is missing, and what was published.
-- Hashes: sha256 and sha512 are of the file's bytes in lower-case hex; h1 is go.sum's directory hash.
-- Times are RFC 3339 in UTC.

CREATE TABLE module_version (
  id          INTEGER PRIMARY KEY,
  module      TEXT NOT NULL,
  version     TEXT NOT NULL,
  required_by TEXT NOT NULL DEFAULT '[]',  -- JSON array: the seeds that wanted it when last it was wanted
  UNIQUE (module, version)
) STRICT;

-- A row says: this file lies in the pool, verified and durable.
CREATE TABLE artifact (
  module_version INTEGER NOT NULL REFERENCES module_version (id),
  file           TEXT NOT NULL CHECK (file IN ('info', 'mod', 'zip')),
  size           INTEGER NOT NULL,
  sha256         TEXT NOT NULL,
  sha512         TEXT,            -- zip only
  h1             TEXT,            -- zip and mod
  upstream       TEXT NOT NULL,   -- redacted URL, or 'pool' where the file was found there
  fetched_at     TEXT NOT NULL,
  PRIMARY KEY (module_version, file)
) STRICT, WITHOUT ROWID;

-- What was wanted and could not be had, as last seen. The row goes when the file comes.
CREATE TABLE gap (
  module_version INTEGER NOT NULL REFERENCES module_version (id),
  file           TEXT NOT NULL CHECK (file IN ('info', 'mod', 'zip')),
  code           TEXT NOT NULL,
  message        TEXT NOT NULL,
  first_seen     TEXT NOT NULL,
  last_seen      TEXT NOT NULL,
  PRIMARY KEY (module_version, file)
) STRICT, WITHOUT ROWID;

-- One row for each content that a seed had; its lines are stored once, however many runs read it.
CREATE TABLE seed (
  id     INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  UNIQUE (source, sha256)
) STRICT;

CREATE TABLE want (
  seed           INTEGER NOT NULL REFERENCES seed (id) ON DELETE CASCADE,
  line           INTEGER NOT NULL,
  module_version INTEGER NOT NULL REFERENCES module_version (id),
  file           TEXT NOT NULL CHECK (file IN ('mod', 'zip')),
  h1             TEXT NOT NULL,
  PRIMARY KEY (seed, line)
) STRICT, WITHOUT ROWID;

CREATE INDEX want_by_module_version ON want (module_version);

CREATE TABLE run (
  id          INTEGER PRIMARY KEY,
  started_at  TEXT NOT NULL,
  finished_at TEXT,
  outcome     TEXT CHECK (outcome IN ('published', 'unchanged', 'incomplete', 'refused', 'failed', 'interrupted')),
  snapshot    TEXT,               -- id of what was current afterwards
  report      TEXT                -- JSON: the counts of the run
) STRICT;

CREATE TABLE run_seed (
  run  INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  seed INTEGER NOT NULL REFERENCES seed (id),
  PRIMARY KEY (run, seed)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_seed_by_seed ON run_seed (seed);

CREATE TABLE snapshot (
  seq             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  created_at      TEXT NOT NULL,
  previous        TEXT,
  root_hash       TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL,
  modules         INTEGER NOT NULL,
  files           INTEGER NOT NULL,
  bytes           INTEGER NOT NULL
) STRICT;

-- A file belongs to snapshots from_seq … to_seq - 1; to_seq NULL: to the newest and on.
CREATE TABLE snapshot_member (
  module_version INTEGER NOT NULL,
  file           TEXT NOT NULL,
  from_seq       INTEGER NOT NULL REFERENCES snapshot (seq),
  to_seq         INTEGER,
  PRIMARY KEY (module_version, file, from_seq),
  FOREIGN KEY (module_version, file) REFERENCES artifact (module_version, file)
) STRICT, WITHOUT ROWID;
