"""Complaints, from the first word to the closing call."""
