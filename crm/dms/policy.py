"""Who may see imports and make them."""

from crm.dms.models import ImportRun
from sanfang.tenancy.policies import Policy

imports = Policy(ImportRun, {"see": "import.see", "make": "import.make", "undo": "import.undo"})
