"""A file that is too large is not even laid aside: what comes of it is read and dropped, and the page says so."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from crm.dms.actions import MOST_MB

BESIDE = 1 << 20
"""Bytes that a form may have beside its file."""


class NotTooLarge(FileUploadHandler):
    """The first of the handlers. ``request.too_large``: a file was left out because of its size."""

    left_out = False

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *rest: Any, **named: Any) -> None:
        self.left_out = content_length > (MOST_MB << 20) + BESIDE

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.left_out:
            self.request.too_large = True  # type: ignore[union-attr]
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers after this one keep the file."""
