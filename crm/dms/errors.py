"""What stops a file or a single cell, as sentences for the person who sent it."""


class FileRefused(Exception):
    """The file as a whole can't be read; the message says why and what to do about it."""


class BadValue(Exception):
    """One cell holds something that can't be taken; the message becomes the fault's reason."""
