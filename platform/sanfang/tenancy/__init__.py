"""The only code that switches schemas and database roles (architecture §3, ADR 0002)."""
