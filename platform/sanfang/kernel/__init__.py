"""Pure Python: clocks, calendars, ids, transitions, permissions, errors. Knows nothing of Django."""
