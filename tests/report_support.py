"""What would have been sent to Sentry."""

from typing import Any

from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport


class Caught(Transport):
    """Sentry's transport, without a network."""

    events: list[Any]

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        Caught.events = []

    def capture_envelope(self, envelope: Envelope) -> None:
        Caught.events.extend(item.payload.json for item in envelope.items)
