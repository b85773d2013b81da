"""Addresses by kind of tenant (settings.TENANT_TYPES)."""
