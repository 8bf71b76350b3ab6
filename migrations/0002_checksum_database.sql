-- The checksum database: records that were proved to be in the log, and the signed tree heads that are known of it.

-- Every head under which a record was proved or a lookup published. A later head must begin with all of them.
CREATE TABLE log_head (
  log    TEXT NOT NULL,           -- as sum.golang.org
  size   INTEGER NOT NULL,        -- records in the tree
  root   TEXT NOT NULL,           -- base64
  note   TEXT NOT NULL,           -- the signed note, whole
  met_at TEXT NOT NULL,
  PRIMARY KEY (log, size, root)
) STRICT, WITHOUT ROWID;

-- A row says: the log holds this record of a module version, proved under a head of proved_size records.
CREATE TABLE log_record (
  log            TEXT NOT NULL,
  module_version INTEGER NOT NULL REFERENCES module_version (id),
  id             INTEGER NOT NULL,  -- its number in the log
  text           TEXT NOT NULL,     -- the two go.sum lines
  zip_h1         TEXT NOT NULL,
  mod_h1         TEXT NOT NULL,
  proved_size    INTEGER NOT NULL,
  published_size INTEGER,           -- of the head in its published lookup; NULL: no lookup lies in public/ yet
  PRIMARY KEY (log, module_version)
) STRICT, WITHOUT ROWID;

-- A row says: this tile lies in public/, proved and durable.
CREATE TABLE log_tile (
  log    TEXT NOT NULL,
  path   TEXT NOT NULL,             -- below the log's base, as tile/8/0/x195/312.p/101
  sha256 TEXT NOT NULL,             -- of its bytes, lower-case hex
  PRIMARY KEY (log, path)
) STRICT, WITHOUT ROWID;

-- The name of the checksum database that a snapshot carries; NULL: none.
ALTER TABLE snapshot ADD COLUMN sumdb TEXT;

-- A lookup can be missing like a file.
ALTER TABLE gap RENAME TO old_gap;
CREATE TABLE gap (
  module_version INTEGER NOT NULL REFERENCES module_version (id),
  file           TEXT NOT NULL CHECK (file IN ('info', 'mod', 'zip', 'lookup')),
  code           TEXT NOT NULL,
  message        TEXT NOT NULL,
  first_seen     TEXT NOT NULL,
  last_seen      TEXT NOT NULL,
  PRIMARY KEY (module_version, file)
) STRICT, WITHOUT ROWID;
INSERT INTO gap SELECT module_version, file, code, message, first_seen, last_seen FROM old_gap;
DROP TABLE old_gap;

-- What has no go.sum line may be wanted too, and is judged by the log alone: a requirement of a go.mod, a seed itself.
ALTER TABLE want RENAME TO old_want;
DROP INDEX want_by_module_version;
CREATE TABLE want (
  seed           INTEGER NOT NULL REFERENCES seed (id) ON DELETE CASCADE,
  position       INTEGER NOT NULL,  -- from 0, among the wants of this text
  line           INTEGER NOT NULL,  -- 0: the seed as a whole
  module_version INTEGER NOT NULL REFERENCES module_version (id),
  file           TEXT NOT NULL CHECK (file IN ('mod', 'zip')),
  h1             TEXT,
  PRIMARY KEY (seed, position)
) STRICT, WITHOUT ROWID;
INSERT INTO want SELECT seed, line, line, module_version, file, h1 FROM old_want;
DROP TABLE old_want;
CREATE INDEX want_by_module_version ON want (module_version);
