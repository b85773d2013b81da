"""What drf-spectacular can't see: every operation may be refused, and always with a problem."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from api.intake.limits import limits
from crm.dms.fields import FIELDS, Kind

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Where this kind of problem is explained, on the same host"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do, in the language asked for"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the request's body"},
                    "parameter": {"type": "string", "description": "Name of a query parameter or header"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ALWAYS = {
    "400": "The request can't be understood",
    "401": "No live token of this store",
    "403": "The token lacks the scope",
    "429": "Too many requests; see Retry-After",
    "503": "Not now; see Retry-After",
}
WITH_BODY = {
    "409": "Something is under way that this would disturb",
    "413": "The body is too large",
    "415": "The body must be JSON",
    "422": "The body isn't what it should be",
}
REFUSALS = {**ALWAYS, **WITH_BODY, "404": "Nothing by this id in this store"}


NO_NUL = r"^[^\u0000]*$"


def _header(kind: str, words: str) -> dict[str, Any]:
    return {"schema": {"type": kind}, "description": words}


RETRY = {"Retry-After": _header("integer", "Seconds to wait")}


REPEATABLE = {"Idempotency-Replayed": _header("boolean", "There when this is the answer of the first time")}
HEADERS: dict[str, dict[str, dict[str, Any]]] = {
    "get": {"200": {"ETag": _header("string", "For If-None-Match")}},
    "post": {
        "200": {"Location": _header("string", "Where to ask how it stands"), **REPEATABLE},
        "202": {"Location": _header("string", "Where to ask how it stands"), **RETRY, **REPEATABLE},
    },
}
UNTIL = {"Synced-Until": _header("string", "`updated_since` of whoever asks next time for what has changed")}
IF_NONE_MATCH = {"in": "header", "name": "If-None-Match", "schema": {"type": "string", "pattern": "^[!-~]+$"}}


def every_refusal(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's hook, called with these names."""
    components = result["components"]
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {_name(status): _refusal(status, words) for status, words in REFUSALS.items()}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return result


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    refused = [*ALWAYS, *(WITH_BODY if "requestBody" in operation else []), *(["404"] if "{" in path else [])]
    refused += ["409"] if path.endswith("/cancellation") else []
    for status in refused:
        answers.setdefault(status, {"$ref": f"#/components/responses/{_name(status)}"})
    if method == "get" and "304" in answers:
        operation.setdefault("parameters", []).append(IF_NONE_MATCH)
        answers["200"]["headers"] = HEADERS["get"]["200"] | ({} if "{" in path else UNTIL)
    elif "requestBody" in operation:
        operation["requestBody"]["required"] = True
        for status, headers in HEADERS["post"].items():
            answers[status]["headers"] = headers


def _name(status: str) -> str:
    return f"Refused{status}"


def _refusal(status: str, words: str) -> dict[str, Any]:
    refusal: dict[str, Any] = {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in {"429", "503"}:
        refusal["headers"] = RETRY
    return refusal


def page_of(serializer: type[serializers.Serializer[Any]]) -> dict[Any, Any]:
    return {200: OpenApiResponse(serializer, "A page"), 304: OpenApiResponse(None, "As the ETag said")}


def one_of(serializer: type[serializers.Serializer[Any]]) -> dict[Any, Any]:
    return {200: OpenApiResponse(serializer, "As it is now"), 304: OpenApiResponse(None, "As the ETag said")}


def body_of(kind: Kind) -> dict[str, Any]:
    """Rows with the importer's columns, each by its name and with the header that files have for it."""
    cell = {"type": ["string", "number", "boolean", "null"], "maxLength": limits().cell, "pattern": NO_NUL}
    fields = {field.name: {**cell, "description": field.headers[0]} for field in FIELDS[kind]}
    row = {"type": "object", "additionalProperties": False, "properties": fields}
    rows = {"type": "array", "minItems": 1, "maxItems": limits().rows, "items": row}
    return {"type": "object", "required": ["rows"], "additionalProperties": False, "properties": {"rows": rows}}
