"""Who may see vehicles: whoever sees customers."""

from crm.vehicles.models import Vehicle
from sanfang.tenancy.policies import Policy

vehicles = Policy(Vehicle, {"see": "customer.see"})
