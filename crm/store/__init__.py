"""The dealership itself: the standard it works by, since when, and when it is open."""
