"""Every refusal as a problem (RFC 9457), in the caller's language: what is wrong, and what to do."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CONTENT_TYPE = "application/problem+json"
PLACE = "/developers/#"
"""Where each kind of problem is explained; on the same host."""

TITLES: Mapping[int, tuple[str, Any]] = {
    400: ("bad-request", gettext_lazy("请求有误")),
    401: ("unauthorized", gettext_lazy("没有有效的访问令牌")),
    403: ("forbidden", gettext_lazy("令牌没有这项权限")),
    404: ("not-found", gettext_lazy("没有找到")),
    405: ("method-not-allowed", gettext_lazy("这个地址不支持这种请求方法")),
    406: ("not-acceptable", gettext_lazy("不能以所要求的格式回答")),
    409: ("conflict", gettext_lazy("与正在进行的操作冲突")),
    413: ("too-large", gettext_lazy("请求内容过大")),
    415: ("unsupported-media-type", gettext_lazy("请求内容须为 JSON")),
    422: ("invalid", gettext_lazy("请求内容不符合要求")),
    429: ("too-many-requests", gettext_lazy("请求过于频繁")),
    500: ("error", gettext_lazy("服务出现意外错误")),
    503: ("unavailable", gettext_lazy("暂时不能保存")),
}
DETAILS: Mapping[int, Any] = {
    401: gettext_lazy("请在 Authorization 头中提供本店有效的访问令牌：Bearer sanfang_…"),
    429: gettext_lazy("请按 Retry-After 头给出的秒数等待后再试。"),
    500: gettext_lazy("请稍后重试；若再次失败，请把 request_id 告诉平台运营。"),
    503: gettext_lazy("本店系统正在修复，暂时只能读取。请按 Retry-After 头给出的秒数等待后再试。"),
}


def answer(
    request: HttpRequest,
    status: int,
    detail: Any = "",
    *,
    code: str = "",
    errors: Sequence[Mapping[str, Any]] = (),
) -> HttpResponse:
    """``errors``: places in the body (JSON pointers) or parameters, each with its own ``detail``."""
    known, title = TITLES.get(status, ("refused", gettext_lazy("请求被拒绝")))
    body: dict[str, Any] = {
        "type": f"{PLACE}{code or known}",
        "title": str(title),
        "status": status,
        "detail": str(detail or DETAILS.get(status, title)),
        "request_id": getattr(request, "request_id", ""),
    }
    if errors:
        body["errors"] = [dict(error) for error in errors]
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status)
    # Exactly the type: without a charset parameter, which JSON doesn't have.
    response["Content-Type"] = CONTENT_TYPE
    return response


def unauthorized(request: HttpRequest) -> HttpResponse:
    response = answer(request, 401)
    response["WWW-Authenticate"] = 'Bearer realm="sanfang"'
    return response


def too_large(request: HttpRequest, most: int) -> HttpResponse:
    words = _("请求内容超过 %(most)d KB，请分成几次发送。") % {"most": most >> 10}
    return answer(request, 413, words)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404)


def error(request: HttpRequest) -> HttpResponse:
    return answer(request, 500)
