"""What stands around the product: how it is run, measured and shown. Nothing in the product imports it."""
