-- Every table begins with the vault, so that the same shape can be spread over machines by it.
-- Records are in a rowid table: large rows make a clustered index slow.

CREATE TABLE accounts (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  name TEXT NOT NULL,
  token BLOB NOT NULL UNIQUE CHECK (length(token) = 32),
  may_invite INTEGER NOT NULL CHECK (may_invite IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setup (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  code BLOB NOT NULL CHECK (length(code) = 32)
) STRICT;

CREATE TABLE vaults (
  vault BLOB PRIMARY KEY CHECK (length(vault) = 16),
  verifier BLOB NOT NULL CHECK (length(verifier) = 32),
  name BLOB,
  quota INTEGER NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0,
  head INTEGER NOT NULL DEFAULT 0,
  head_push BLOB CHECK (length(head_push) = 16),
  newest INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  CHECK ((head = 0) = (head_push IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  vault BLOB NOT NULL REFERENCES vaults,
  account BLOB NOT NULL REFERENCES accounts,
  role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 3),
  PRIMARY KEY (vault, account)
) STRICT, WITHOUT ROWID;

-- The ack_ and last_ columns are what the relay remembers of a device's standing.
CREATE TABLE devices (
  vault BLOB NOT NULL REFERENCES vaults,
  device BLOB NOT NULL CHECK (length(device) = 16),
  token BLOB NOT NULL UNIQUE CHECK (length(token) = 32),
  role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 3),
  account BLOB REFERENCES accounts,
  created_at INTEGER NOT NULL,
  seen_at INTEGER,
  revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
  ack_token BLOB CHECK (length(ack_token) = 16),
  sent INTEGER,
  sent_push BLOB CHECK (length(sent_push) = 16),
  last_push BLOB CHECK (length(last_push) = 16),
  last_before BLOB CHECK (length(last_before) = 16),
  last_content INTEGER,
  last_answer BLOB,
  applied INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (vault, device),
  CHECK ((sent IS NULL) = (sent_push IS NULL)),
  CHECK ((last_push IS NULL) = (last_answer IS NULL)),
  CHECK ((last_push IS NULL) = (last_content IS NULL))
) STRICT;

-- A push took the sequences after the one before it, up to `last`.
CREATE TABLE pushes (
  vault BLOB NOT NULL REFERENCES vaults,
  last INTEGER NOT NULL CHECK (last > 0),
  push BLOB NOT NULL CHECK (length(push) = 16),
  PRIMARY KEY (vault, last)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
  vault BLOB NOT NULL REFERENCES vaults,
  sequence INTEGER NOT NULL CHECK (sequence > 0),
  table_tag BLOB NOT NULL CHECK (length(table_tag) = 8),
  row_key BLOB NOT NULL CHECK (length(row_key) = 16),
  clock BLOB NOT NULL CHECK (length(clock) = 24),
  pusher BLOB NOT NULL CHECK (length(pusher) = 16),
  generation INTEGER NOT NULL,
  key_id BLOB NOT NULL CHECK (length(key_id) = 8),
  nonce BLOB NOT NULL CHECK (length(nonce) = 24),
  weight INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  cells BLOB NOT NULL,
  drops BLOB,
  sealed BLOB NOT NULL,
  PRIMARY KEY (vault, sequence)
) STRICT;

CREATE INDEX records_by_row ON records (vault, row_key);

CREATE TABLE floors (
  vault BLOB NOT NULL REFERENCES vaults,
  row_key BLOB NOT NULL CHECK (length(row_key) = 16),
  clock BLOB NOT NULL CHECK (length(clock) = 24),
  PRIMARY KEY (vault, row_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE digests (
  vault BLOB NOT NULL REFERENCES vaults,
  table_tag BLOB NOT NULL CHECK (length(table_tag) = 8),
  count INTEGER NOT NULL,
  sum BLOB NOT NULL CHECK (length(sum) = 16),
  PRIMARY KEY (vault, table_tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailboxes (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  body BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX mailboxes_by_expiry ON mailboxes (expires_at);
