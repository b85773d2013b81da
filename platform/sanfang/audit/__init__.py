"""Who changed what, who looked at what, what happened to a thing, in every tenant."""
