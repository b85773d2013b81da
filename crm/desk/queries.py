"""What screens ask of the desk."""

from crm.customers.queries import masked_mobile as masked
from crm.desk.file import File, file_of
from crm.desk.search import Hit, search, too_short

__all__ = ["File", "Hit", "file_of", "masked", "search", "too_short"]
