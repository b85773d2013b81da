"""Who may see calls and make them."""

from crm.followups.models import FollowUp
from sanfang.tenancy.policies import Policy

callbacks = Policy(
    FollowUp,
    {
        "see": "callback.see",
        "make": "callback.make",
        "take_over": "callback.take_over",
        "assign": "callback.assign",
    },
)
