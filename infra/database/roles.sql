-- The database roles of Sanfang (architecture §3, ADR 0002). Run once per cluster by someone who may create
-- roles; running it again changes nothing. Passwords of the three logins are set separately.
--
--   sanfang_owner        owns everything in public and in the tenants' schemas; nobody logs in as it
--   sanfang_provisioner  login; makes schemas and tenant roles, migrates (acting as sanfang_owner)
--   sanfang_app          login of web and workers; NOINHERIT, so it may do nothing until it enters a role
--   sanfang_door         sessions, accounts, sign-up, tenants: what a request may touch before it is known
--   sanfang_tenant       group of all tenant roles; carries what they may do in public
--   sanfang_relay        login of the exchange between tenants
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES
            ('sanfang_owner', 'NOLOGIN'),
            ('sanfang_door', 'NOLOGIN'),
            ('sanfang_tenant', 'NOLOGIN'),
            ('sanfang_provisioner', 'LOGIN CREATEROLE NOINHERIT'),
            ('sanfang_app', 'LOGIN NOINHERIT'),
            ('sanfang_relay', 'LOGIN NOINHERIT')
        ) AS roles (name, attributes)
    LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.attributes);
        END IF;
    END LOOP;
END
$$;

GRANT sanfang_owner TO sanfang_provisioner WITH INHERIT FALSE, SET TRUE;
GRANT sanfang_door TO sanfang_app WITH INHERIT FALSE, SET TRUE;
-- The provisioner hands sanfang_tenant on to each tenant role that it makes.
GRANT sanfang_tenant TO sanfang_provisioner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
