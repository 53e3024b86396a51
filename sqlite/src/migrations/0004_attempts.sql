-- Repetitions of a run, for listings. Few runs repeat another; the index holds those alone.
CREATE INDEX IF NOT EXISTS executions_retry_of ON executions (visibility, retry_of, begun_at)
    WHERE retry_of IS NOT NULL;
