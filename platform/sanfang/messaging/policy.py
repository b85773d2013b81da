from sanfang.messaging.models import Message
from sanfang.tenancy.policies import Policy

messages = Policy(Message, {"see": "message.see"})
