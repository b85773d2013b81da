"""What others do to vehicles and their documents. Each works on a whole file's rows at once."""

from crm.vehicles.intake import (
    DOCUMENTS_OF_IMPORT,
    OWNERS,
    PAST_OWNERS,
    find_by_plate,
    last_seen,
    named_on,
    news_of_cars,
    take_in_cars,
    take_in_documents,
    touched,
    verdicts,
)
from crm.vehicles.ownership import settle_owners

__all__ = [
    "DOCUMENTS_OF_IMPORT",
    "OWNERS",
    "PAST_OWNERS",
    "find_by_plate",
    "last_seen",
    "named_on",
    "news_of_cars",
    "settle_owners",
    "take_in_cars",
    "take_in_documents",
    "touched",
    "verdicts",
]
