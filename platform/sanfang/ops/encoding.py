"""Forms are UTF-8, whatever a client claims.

Django reads queries and forms by the codec that the Content-Type names. Some codecs make lone surrogates, which
PostgreSQL can't keep; others aren't for text, and the request breaks before any middleware has seen it. So this
stands before Django.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

UTF_8 = re.compile(r'charset\s*=\s*"?utf-8"?\s*(;|$)', re.IGNORECASE)
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def is_utf_8(content_type: str) -> bool:
    """Whether it names no encoding, or this one, and in the plain form (``charset*=`` has an encoding of its own)."""
    _media_type, _semicolon, parameters = content_type.partition(";")
    if "*" in parameters:
        return False
    return "charset" not in parameters.lower() or UTF_8.search(parameters) is not None


def utf_8_only(application: Application) -> Application:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if is_utf_8(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        start_response("415 Unsupported Media Type", [("Content-Type", "text/plain")])
        return [b"UTF-8 only\n"]

    return answer
