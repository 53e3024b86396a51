-- Up to where a device has caught up, and when it said so, in place of what nothing read.

ALTER TABLE devices DROP COLUMN applied;
ALTER TABLE devices ADD COLUMN caught_up INTEGER;
ALTER TABLE devices ADD COLUMN caught_up_at INTEGER
  CHECK ((caught_up IS NULL) = (caught_up_at IS NULL));
