"""What the standard asks of the store: planned, called, answered."""
