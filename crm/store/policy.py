"""Who may see what standards ask of the store, and choose the one it works by."""

from crm.store.models import Store
from sanfang.tenancy.policies import Policy

standards = Policy(Store, {"see": "standard.see", "choose": "standard.choose"})
