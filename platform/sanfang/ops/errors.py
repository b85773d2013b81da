"""What can go wrong with the development stack."""


class StackError(Exception):
    """The text tells a developer what is wrong and what to do about it."""
