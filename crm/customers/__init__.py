"""Customer files: who they are, consents, wrong data being put right."""
