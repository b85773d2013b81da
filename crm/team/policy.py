"""Who may see the team and say who does whose work."""

from crm.team.models import Deputy
from sanfang.tenancy.policies import Policy

deputies = Policy(Deputy, {"see": "team.see", "make": "team.manage", "end": "team.manage"})
