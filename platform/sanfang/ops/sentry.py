"""Error reports to Sentry: with tenant and request id, without personal data."""

from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.transport import Transport

from sanfang.ops.scrub import scrub

TAGS = ("tenant", "request_id", "task")


def start(dsn: str, transport: type[Transport] | None = None) -> None:
    sentry_sdk.init(
        dsn=dsn,
        transport=transport,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=before_send,
        before_breadcrumb=before_breadcrumb,
    )


def before_send(event: Any, hint: dict[str, Any]) -> Any:
    """The last station before an event leaves."""
    bound = structlog.contextvars.get_contextvars()
    tags = {tag: bound[tag] for tag in TAGS if tag in bound}
    request = event.get("request", {})
    for part in ("cookies", "data", "headers", "query_string", "env"):
        request.pop(part, None)
    event.pop("user", None)
    if "actor" in bound:
        event["user"] = {"id": bound["actor"]}
    for part in ("message", "logentry", "exception", "extra", "breadcrumbs", "request", "contexts"):
        if part in event:
            event[part] = _scrub_part(part, event[part])
    event["tags"] = {**(event.get("tags") or {}), **tags}
    return event


def before_breadcrumb(crumb: Any, hint: dict[str, Any]) -> Any:
    """Statements carry customers' data in their parameters: only that one ran is kept."""
    return None if crumb.get("category") == "query" else scrub(crumb)


def _scrub_part(part: str, value: Any) -> Any:
    if part in {"contexts", "request"}:
        # Their keys are Sentry's own ("name" of a runtime), not ours: shapes only.
        return {key: scrub(inner) if isinstance(inner, str) else inner for key, inner in value.items()}
    return scrub(value) if part != "exception" else _scrub_exception(value)


def _scrub_exception(value: Any) -> Any:
    for one in value.get("values", []):
        one["value"] = scrub(one.get("value") or "")
        for frame in (one.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    return value
