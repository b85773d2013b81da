"""DMS files: from a file's bytes to clean, typed documents, and into the store's records."""
