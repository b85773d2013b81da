"""What a person at a desk needs across the store: finding anybody, views of their own, asking for a customer."""
