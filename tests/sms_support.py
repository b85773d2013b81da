"""Two providers on 127.0.0.1 that check what the real ones check: who signed the request, and over what.

The signatures are worked out here from the providers' published algorithms, not by their libraries.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

KEY_ID, SECRET = "test-id", "test-secret"


def sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def sign(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()


def canonical_headers(headers: Any, names: list[str]) -> str:
    return "".join(f"{name}:{headers[name].strip()}\n" for name in names)


def acs3_is_right(method: str, path: str, query: str, headers: Any, body: bytes) -> bool:
    """ACS3-HMAC-SHA256, as Alibaba Cloud documents it."""
    scheme, _blank, rest = headers.get("authorization", "").partition(" ")
    parts = dict(part.split("=", 1) for part in rest.split(","))
    if scheme != "ACS3-HMAC-SHA256" or parts["Credential"] != KEY_ID or headers["x-acs-content-sha256"] != sha256(body):
        return False
    names = parts["SignedHeaders"].split(";")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    asked = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    canonical = "\n".join(
        [method, path or "/", asked, canonical_headers(headers, names), ";".join(names), sha256(body)]
    )
    wanted = sign(SECRET.encode(), f"{scheme}\n{sha256(canonical.encode())}").hex()
    return hmac.compare_digest(wanted, parts["Signature"])


def tc3_is_right(method: str, path: str, query: str, headers: Any, body: bytes) -> bool:
    """TC3-HMAC-SHA256, as Tencent Cloud documents it."""
    scheme, _blank, rest = headers.get("authorization", "").partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    credential = parts["Credential"].split("/")
    if scheme != "TC3-HMAC-SHA256" or credential[0] != KEY_ID:
        return False
    names = parts["SignedHeaders"].split(";")
    canonical = "\n".join(
        [method, path or "/", query, canonical_headers(headers, names), ";".join(names), sha256(body)]
    )
    scope = "/".join(credential[1:])
    text = "\n".join([scheme, headers["x-tc-timestamp"], scope, sha256(canonical.encode())])
    day = sign(f"TC3{SECRET}".encode(), credential[1])
    signing = sign(sign(day, credential[2]), credential[3])
    return hmac.compare_digest(sign(signing, text).hex(), parts["Signature"])


class Provider(ThreadingHTTPServer):
    """``code``: what it answers; ``got``: the parameters of each request whose signature was right."""

    def __init__(self, kind: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kind, self.code, self.status = kind, "OK" if kind == "aliyun" else "Ok", 200
        self.got: list[dict[str, Any]] = []
        self.refused = 0

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        check = acs3_is_right if self.server.kind == "aliyun" else tc3_is_right
        if not check("POST", parts.path, parts.query, self.headers, body):
            self.server.refused += 1
            self._answer(
                400 if self.server.kind == "aliyun" else 200,
                self._fault("SignatureDoesNotMatch", "AuthFailure.SignatureFailure"),
            )
            return
        asked = dict(parse_qsl(parts.query)) if self.server.kind == "aliyun" else json.loads(body)
        self.server.got.append(asked)
        if self.server.kind == "aliyun":
            answer = {"Code": self.server.code, "Message": "said so", "BizId": "biz-1", "RequestId": "r"}
            self._answer(self.server.status, answer)
        else:
            status = {"SerialNo": "serial-1", "Code": self.server.code, "Message": "", "PhoneNumber": "", "Fee": 1}
            self._answer(self.server.status, {"Response": {"SendStatusSet": [status], "RequestId": "r"}})

    def _fault(self, aliyun: str, tencent: str) -> dict[str, Any]:
        if self.server.kind == "aliyun":
            return {"Code": aliyun, "Message": "no", "RequestId": "r"}
        return {"Response": {"Error": {"Code": tencent, "Message": "no"}, "RequestId": "r"}}

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        said = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""


@contextmanager
def running(kind: str) -> Iterator[Provider]:
    server = Provider(kind)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
