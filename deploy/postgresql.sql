-- After `intake migrate` (as the owner): one login for the servers, one for the purge. Run as a superuser, in the database itself.
CREATE ROLE intake_web LOGIN IN ROLE intake_server;
CREATE ROLE intake_nightly LOGIN IN ROLE intake_purge;
-- Clearing the write-ahead log of what was dropped, and seeing whether something still holds it.
GRANT pg_checkpoint, pg_monitor TO intake_purge;
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO intake_purge;
ALTER SYSTEM SET wal_recycle = off;
ALTER SYSTEM SET log_error_verbosity = 'terse';
ALTER SYSTEM SET log_min_error_statement = 'panic';
SELECT pg_reload_conf();
