"""Who sets up where events are told."""

from api.policy import MANAGE
from api.webhooks.models import Endpoint
from sanfang.tenancy.policies import Policy

endpoints = Policy(Endpoint, {"see": MANAGE, "manage": MANAGE})
