"""Who may look at doubles, merge them and take them apart: two people's files become one, so the managers."""

from crm.doubles.models import Pair
from sanfang.tenancy.policies import Policy

doubles = Policy(Pair, {"see": "customer.merge", "decide": "customer.merge"})
