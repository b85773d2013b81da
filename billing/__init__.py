"""Plans, subscriptions and invoices; its gateway is the only importer of stripe."""
