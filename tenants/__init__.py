"""The public schema: tenants and their addresses, people, memberships, provisioning."""
