-- What a fresh database needs before the first migration. Run by its owner or a superuser, once.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE CREATE, TEMPORARY ON DATABASE :database FROM PUBLIC;
GRANT CREATE ON DATABASE :database TO sanfang_owner;
ALTER SCHEMA public OWNER TO sanfang_owner;
GRANT USAGE ON SCHEMA public TO sanfang_door, sanfang_tenant, sanfang_relay;

-- Whatever the owner makes in public later is the door's to use, and nobody else's unless a migration says so.
ALTER DEFAULT PRIVILEGES FOR ROLE sanfang_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sanfang_door;
ALTER DEFAULT PRIVILEGES FOR ROLE sanfang_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO sanfang_door;
ALTER DEFAULT PRIVILEGES FOR ROLE sanfang_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE sanfang_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO sanfang_door, sanfang_tenant;

-- Large objects live in no schema: one would outlive its tenant and be in none of its backups.
REVOKE EXECUTE ON FUNCTION lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) FROM PUBLIC;
