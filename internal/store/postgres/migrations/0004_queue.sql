-- The other tables of River, which delivers tries to workers, come before this.

-- Jobs of an attempt.
CREATE INDEX river_job_attempt ON river_job (((args ->> 'attempt')::bigint));

-- A job lives for moments: what is gone is to be swept up often.
ALTER TABLE river_job SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
