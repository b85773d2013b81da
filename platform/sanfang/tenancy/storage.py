from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.functional import cached_property

from sanfang.tenancy.context import current_tenant


class TenantFiles(FileSystemStorage):
    """Uploaded files, in a folder of the tenant's own, outside the web root.

    The folder is worked out at every call, since one storage object serves every tenant in turn.
    There is no public address: files are handed out by views that check who asks.
    """

    @cached_property
    def base_url(self) -> None:  # type: ignore[override]
        return None

    @property
    def base_location(self) -> str:
        return str(Path(settings.MEDIA_ROOT) / current_tenant().schema_name)

    @property
    def location(self) -> str:
        return str(Path(self.base_location).absolute())
