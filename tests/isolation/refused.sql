-- Each refused under a tenant's role; {schema} is another tenant's schema, {table} its customers.
SELECT * FROM {table}
TABLE {table}
SELECT 1 FROM {table} LIMIT 0
EXPLAIN SELECT * FROM {table}
COPY {table} TO STDOUT
COPY {table} FROM STDIN
COPY (SELECT * FROM {table}) TO STDOUT
INSERT INTO {table} DEFAULT VALUES
UPDATE {table} SET name = ''
DELETE FROM {table}
TRUNCATE {table}
LOCK TABLE {table}
LOCK TABLE {table} IN ACCESS SHARE MODE
DROP TABLE {table}
REINDEX TABLE {table}
SELECT nextval('{schema}.audit_history_id_seq')
SELECT last_value FROM {schema}.audit_history_id_seq
SELECT '{table}'::regclass
SELECT to_regclass('{table}')
SELECT '{schema}.staff'::regtype
SELECT has_table_privilege('{table}', 'select')
SELECT NULL::{table}
SELECT pg_relation_size('{table}')
DO $$ BEGIN PERFORM * FROM {table}; END $$
PREPARE p AS SELECT * FROM {table}
DECLARE c CURSOR FOR TABLE {table}
ALTER TABLE {table} OWNER TO CURRENT_USER
GRANT SELECT ON {table} TO CURRENT_USER
COMMENT ON TABLE {table} IS ''
GRANT {schema} TO CURRENT_USER
ALTER DEFAULT PRIVILEGES FOR ROLE {schema} GRANT SELECT ON TABLES TO PUBLIC
CREATE FUNCTION {schema}.f() RETURNS int LANGUAGE sql RETURN 1
CREATE VIEW v AS SELECT * FROM {table}
CREATE TABLE mine (LIKE {table})
CREATE TEMPORARY VIEW v AS SELECT 1
CREATE FOREIGN TABLE f () SERVER s
CREATE EXTENSION dblink
CREATE EXTENSION file_fdw
CREATE EXTENSION postgres_fdw
LOAD 'dblink'
COPY staff FROM '/etc/passwd'
COPY staff TO '/tmp/x'
COPY staff FROM PROGRAM 'true'
SELECT pg_read_file('/etc/passwd')
SELECT pg_ls_dir('.')
SELECT lo_import('/etc/passwd')
SELECT lo_export(1, '/tmp/x')
SELECT pg_stat_file('.')
SELECT pg_current_logfile()
SELECT pg_reload_conf()
SELECT * FROM pg_statistic
SELECT * FROM pg_largeobject
SELECT * FROM pg_authid
SELECT pg_stat_reset()
SET SESSION AUTHORIZATION {schema}
SET session_preload_libraries = 'x'
SET log_statement = 'all'
ALTER SYSTEM SET work_mem = '1GB'
CREATE ROLE mine
ALTER DATABASE postgres RENAME TO x
CREATE PUBLICATION p
SELECT pg_create_logical_replication_slot('s', 'test_decoding')
