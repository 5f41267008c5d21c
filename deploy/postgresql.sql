-- Logins and settings of PostgreSQL for Sealed Intake: one login for the servers, one for deletion.
-- Run this after `intake migrate`, as a superuser, in the database itself. It may be run again.
DO $$ BEGIN CREATE ROLE intake_web LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE intake_nightly LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT intake_server TO intake_web;
GRANT intake_purge TO intake_nightly;
-- Clearing the write-ahead log of what was dropped, and seeing whether something still holds it.
GRANT pg_checkpoint, pg_monitor TO intake_purge;
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO intake_purge;
-- Recycled segments would keep deleted bytes. The log must contain no ids of rows.
ALTER SYSTEM SET wal_recycle = off;
ALTER SYSTEM SET log_error_verbosity = 'terse';
ALTER SYSTEM SET log_min_error_statement = 'panic';
-- A day has six partitions, and a transaction may lock all days. This setting needs a restart of PostgreSQL.
ALTER SYSTEM SET max_locks_per_transaction = 512;
SELECT pg_reload_conf();
