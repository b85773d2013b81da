"""Customers who stand in the store's files twice: found, merged, and taken apart again."""
