-- Three roles, enforced by row-level security beside what the server checks. The service lets
-- accounts and devices in and sees all. A member, which the server becomes for every request about a vault's
-- records, sees the vault of the device that asks (`runlog.vault`) or those of an account
-- (`runlog.account`), and of them what such requests need. Anonymous sees nothing.

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['runlog_service', 'runlog_member', 'runlog_anonymous'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      -- Roles belong to the whole cluster: another database of ours was faster.
      NULL;
    END;
    IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
    END IF;
  END LOOP;
END
$$;

CREATE FUNCTION runlog_vault() RETURNS bytea LANGUAGE sql STABLE AS
  $$ SELECT decode(nullif(current_setting('runlog.vault', true), ''), 'hex') $$;

CREATE FUNCTION runlog_account() RETURNS bytea LANGUAGE sql STABLE AS
  $$ SELECT decode(nullif(current_setting('runlog.account', true), ''), 'hex') $$;

ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE setup ENABLE ROW LEVEL SECURITY;
ALTER TABLE vaults ENABLE ROW LEVEL SECURITY;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE pushes ENABLE ROW LEVEL SECURITY;
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
ALTER TABLE floors ENABLE ROW LEVEL SECURITY;
ALTER TABLE digests ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailboxes ENABLE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE, DELETE
  ON accounts, setup, vaults, members, devices, pushes, records, floors, digests, mailboxes
  TO runlog_service;
CREATE POLICY service ON accounts TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON setup TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON vaults TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON members TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON devices TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON pushes TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON records TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON floors TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON digests TO runlog_service USING (true) WITH CHECK (true);
CREATE POLICY service ON mailboxes TO runlog_service USING (true) WITH CHECK (true);

-- No hash of a token or key, and no way to change who may do what.
GRANT SELECT (vault, name, quota, bytes, head, head_push, newest, created_at),
      UPDATE (bytes, head, head_push, newest)
  ON vaults TO runlog_member;
GRANT SELECT ON members TO runlog_member;
GRANT SELECT (vault, device, role, account, created_at, seen_at, revoked, ack_token, sent,
              sent_push, last_push, last_before, last_content, last_answer, applied),
      UPDATE (ack_token, sent, sent_push, last_push, last_before, last_content, last_answer,
              applied)
  ON devices TO runlog_member;
GRANT SELECT, INSERT ON pushes TO runlog_member;
GRANT SELECT, INSERT, UPDATE, DELETE ON records, floors, digests TO runlog_member;

CREATE POLICY own ON members TO runlog_member
  USING (account = runlog_account() OR vault = runlog_vault());
CREATE POLICY own ON vaults TO runlog_member USING (
  vault = runlog_vault()
  OR vault IN (SELECT m.vault FROM members m WHERE m.account = runlog_account())
);
CREATE POLICY own ON devices TO runlog_member USING (
  vault = runlog_vault()
  OR vault IN (SELECT m.vault FROM members m WHERE m.account = runlog_account())
);
CREATE POLICY own ON pushes TO runlog_member USING (
  vault = runlog_vault()
  OR vault IN (SELECT m.vault FROM members m WHERE m.account = runlog_account())
);
CREATE POLICY own ON records TO runlog_member USING (
  vault = runlog_vault()
  OR vault IN (SELECT m.vault FROM members m WHERE m.account = runlog_account())
);
CREATE POLICY own ON floors TO runlog_member USING (
  vault = runlog_vault()
  OR vault IN (SELECT m.vault FROM members m WHERE m.account = runlog_account())
);
CREATE POLICY own ON digests TO runlog_member USING (
  vault = runlog_vault()
  OR vault IN (SELECT m.vault FROM members m WHERE m.account = runlog_account())
);
