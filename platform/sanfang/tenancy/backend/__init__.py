"""The database backend: django-tenants' PostgreSQL backend with a database role for every place."""
