from crm.surveys.models import Response
from sanfang.tenancy.policies import Policy

responses = Policy(Response, {"see": "customer.see", "record": "callback.make"})
