-- Up to where a device has caught up, and when it said so, in place of what nothing read.

ALTER TABLE devices
  DROP COLUMN applied,
  ADD COLUMN caught_up bigint,
  ADD COLUMN caught_up_at bigint,
  ADD CHECK ((caught_up IS NULL) = (caught_up_at IS NULL));

GRANT SELECT (caught_up, caught_up_at), UPDATE (caught_up, caught_up_at)
  ON devices TO runlog_member;
