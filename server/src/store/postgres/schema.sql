-- The same tables as in SQLite. Every table begins with the vault.

CREATE TABLE accounts (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 16),
  name text NOT NULL,
  token bytea NOT NULL UNIQUE CHECK (octet_length(token) = 32),
  may_invite boolean NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE setup (
  one smallint PRIMARY KEY CHECK (one = 1),
  code bytea NOT NULL CHECK (octet_length(code) = 32)
);

CREATE TABLE vaults (
  vault bytea PRIMARY KEY CHECK (octet_length(vault) = 16),
  verifier bytea NOT NULL CHECK (octet_length(verifier) = 32),
  name bytea,
  quota bigint NOT NULL,
  bytes bigint NOT NULL DEFAULT 0,
  head bigint NOT NULL DEFAULT 0,
  head_push bytea CHECK (octet_length(head_push) = 16),
  newest bigint NOT NULL DEFAULT 0,
  created_at bigint NOT NULL,
  CHECK ((head = 0) = (head_push IS NULL))
);

CREATE TABLE members (
  vault bytea NOT NULL REFERENCES vaults,
  account bytea NOT NULL REFERENCES accounts,
  role smallint NOT NULL CHECK (role BETWEEN 1 AND 3),
  PRIMARY KEY (vault, account)
);

CREATE INDEX members_by_account ON members (account);

CREATE TABLE devices (
  vault bytea NOT NULL REFERENCES vaults,
  device bytea NOT NULL CHECK (octet_length(device) = 16),
  token bytea NOT NULL UNIQUE CHECK (octet_length(token) = 32),
  role smallint NOT NULL CHECK (role BETWEEN 1 AND 3),
  account bytea REFERENCES accounts,
  created_at bigint NOT NULL,
  seen_at bigint,
  revoked boolean NOT NULL DEFAULT false,
  ack_token bytea CHECK (octet_length(ack_token) = 16),
  sent bigint,
  sent_push bytea CHECK (octet_length(sent_push) = 16),
  last_push bytea CHECK (octet_length(last_push) = 16),
  last_before bytea CHECK (octet_length(last_before) = 16),
  last_content bigint,
  last_answer bytea,
  applied bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (vault, device),
  CHECK ((sent IS NULL) = (sent_push IS NULL)),
  CHECK ((last_push IS NULL) = (last_answer IS NULL)),
  CHECK ((last_push IS NULL) = (last_content IS NULL))
);

CREATE TABLE pushes (
  vault bytea NOT NULL REFERENCES vaults,
  last bigint NOT NULL CHECK (last > 0),
  push bytea NOT NULL CHECK (octet_length(push) = 16),
  PRIMARY KEY (vault, last)
);

CREATE TABLE records (
  vault bytea NOT NULL REFERENCES vaults,
  sequence bigint NOT NULL CHECK (sequence > 0),
  table_tag bytea NOT NULL CHECK (octet_length(table_tag) = 8),
  row_key bytea NOT NULL CHECK (octet_length(row_key) = 16),
  clock bytea NOT NULL CHECK (octet_length(clock) = 24),
  pusher bytea NOT NULL CHECK (octet_length(pusher) = 16),
  generation bigint NOT NULL,
  key_id bytea NOT NULL CHECK (octet_length(key_id) = 8),
  nonce bytea NOT NULL CHECK (octet_length(nonce) = 24),
  weight bigint NOT NULL,
  checksum bigint NOT NULL,
  cells bytea NOT NULL,
  drops bytea,
  sealed bytea NOT NULL,
  PRIMARY KEY (vault, sequence)
);

-- What is sealed does not compress.
ALTER TABLE records ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE INDEX records_by_row ON records (vault, row_key, sequence);

CREATE TABLE floors (
  vault bytea NOT NULL REFERENCES vaults,
  row_key bytea NOT NULL CHECK (octet_length(row_key) = 16),
  clock bytea NOT NULL CHECK (octet_length(clock) = 24),
  PRIMARY KEY (vault, row_key)
);

CREATE TABLE digests (
  vault bytea NOT NULL REFERENCES vaults,
  table_tag bytea NOT NULL CHECK (octet_length(table_tag) = 8),
  count bigint NOT NULL,
  sum bytea NOT NULL CHECK (octet_length(sum) = 16),
  PRIMARY KEY (vault, table_tag)
);

CREATE TABLE mailboxes (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 16),
  body bytea NOT NULL,
  expires_at bigint NOT NULL
);

CREATE INDEX mailboxes_by_expiry ON mailboxes (expires_at);
