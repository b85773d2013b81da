"""The only code that talks to message providers."""
