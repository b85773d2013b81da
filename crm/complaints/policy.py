"""Who may see and handle complaints, and what can be done with one in which state."""

from crm.complaints.models import Complaint, State
from sanfang.kernel.transitions import Transitions
from sanfang.tenancy.policies import Policy

TRANSITIONS = Transitions([("contact", [State.REGISTERED], State.CONTACTED, "complaint.handle")])

complaints = Policy(
    Complaint,
    {"see": "complaint.see", "register": "complaint.register"}
    | {verb: transition.capability for verb, transition in TRANSITIONS.by_verb.items()},
)
