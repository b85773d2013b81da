"""What others do to lists. Each works on a whole file's rows at once."""

from crm.leads.intake import (
    LEADS_OF_IMPORT,
    customers_touched,
    last_seen,
    named_on,
    take_in_leads,
    verdicts,
)

__all__ = ["LEADS_OF_IMPORT", "customers_touched", "last_seen", "named_on", "take_in_leads", "verdicts"]
