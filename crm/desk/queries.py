"""What screens ask of the desk."""

from crm.customers.queries import masked_mobile as masked
from crm.desk.file import File, file_of
from crm.desk.handing import mine, to_answer
from crm.desk.saved import may_change, views_of
from crm.desk.search import Hit, search, too_short

__all__ = [
    "File",
    "Hit",
    "file_of",
    "masked",
    "may_change",
    "mine",
    "search",
    "to_answer",
    "too_short",
    "views_of",
]
