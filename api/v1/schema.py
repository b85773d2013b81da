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
RETRY = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait"}}


def every_refusal(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's hook, called with these names."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in result["paths"].items():
        for operation in operations.values():
            known = {**ALWAYS, **(WITH_BODY if "requestBody" in operation else {})}
            if "{" in path:
                known["404"] = "Nothing by this id in this store"
            for status, words in known.items():
                operation["responses"].setdefault(status, _refusal(status, words))
    return result


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
    cell = {"type": ["string", "number", "boolean", "null"], "maxLength": limits().cell}
    fields = {field.name: {**cell, "description": field.headers[0]} for field in FIELDS[kind]}
    row = {"type": "object", "additionalProperties": False, "properties": fields}
    rows = {"type": "array", "minItems": 1, "maxItems": limits().rows, "items": row}
    return {"type": "object", "required": ["rows"], "additionalProperties": False, "properties": {"rows": rows}}
