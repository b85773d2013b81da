import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.utils.functional import cached_property

from sanfang.tenancy.context import current_tenant


class TenantFiles(FileSystemStorage):
    """Uploaded files, in a folder of the tenant's own, outside the web root.

    The folder is worked out at every call, since one storage object serves every tenant in turn.
    There is no public address: files are handed out by views that check who asks. A link is followed nowhere, since
    it may lead to another tenant's.
    """

    def path(self, name: str) -> str:
        """Raises :class:`SuspiciousFileOperation` for a name outside, or behind a link."""
        path = super().path(name)
        plainly = Path(os.path.realpath(settings.MEDIA_ROOT)) / os.path.relpath(path, settings.MEDIA_ROOT)
        if os.path.realpath(path) != str(plainly):
            raise SuspiciousFileOperation(f"{name!r} leads out of the tenant's folder by a link.")
        return path

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        # What has become a link since it was looked at isn't followed either.
        return File(open(self.path(name), mode, opener=_no_link))

    @cached_property
    def base_url(self) -> None:  # type: ignore[override]
        return None

    @property
    def base_location(self) -> str:
        return str(Path(settings.MEDIA_ROOT) / current_tenant().schema_name)

    @property
    def location(self) -> str:
        return str(Path(self.base_location).absolute())


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)
