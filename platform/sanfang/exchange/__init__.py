"""The one door between tenants: typed messages, an outbox and an inbox. Nothing else crosses."""
