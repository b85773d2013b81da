"""Settings: ``base`` holds everything, the others say only what differs where it runs."""
