"""A DMS file's way in: chosen, its columns checked, tried, imported, and what came of it.

Each page belongs to states of the import. Whoever comes by an old tab, the Back button or a colleague's click to a
page whose time is over is led to the one that tells how it stands.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from crm.dms import actions, queries
from crm.dms.fields import Kind
from crm.dms.queries import MappingPage, OutcomePage
from crm.dms.states import State
from crm.dms.template import template_workbook
from sanfang.kernel.errors import Conflict, DomainError, NotFound
from tenants.addresses import client_address
from tenants.requests import TenantRequest

PAGES = {
    State.UPLOADED: "import-mapping",
    State.CHECKED: "import-preview",
    State.DONE: "import-result",
    State.UNDONE: "import-result",
}
"""The page that tells how an import stands; of those not named here the progress does."""

WANTED = {State.QUEUED, State.APPLYING, State.DONE, State.UNDOING}
"""Who asks for an import that is in one of these already has what they want."""

ICONS: dict[Kind, str] = {
    "deliveries": "key-round",
    "repair_orders": "wrench",
    "lost_leads": "user-round-x",
    "lost_list": "history",
    "canvassing": "map-pin",
}

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    kind = forms.CharField(error_messages={"required": _("请选择这是什么文件。")})
    # Whether it is empty is said by the reading, in words that help.
    file = forms.FileField(allow_empty_file=True, error_messages={"required": _("请选择从 DMS 导出的文件。")})


@require_safe
def imports(request: TenantRequest) -> HttpResponse:
    may_import = request.actor.may("import.make")
    rows = [
        {
            **{name: getattr(row, name) for name in row.__dataclass_fields__},
            "url": _address(row.state, row.id) if may_import or row.state != State.UPLOADED else None,
            "error_file_url": reverse("import-errors", args=[row.id]) if row.has_error_file else None,
        }
        for row in queries.imports_page(request.actor)
    ]
    return render(request, "frontend/imports/list.html", {"imports": rows, "may_import": may_import})


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: TenantRequest) -> HttpResponse:
    request.actor.require("import.make")
    if request.method != "POST":
        return _upload_page(request, UploadForm(initial={"kind": request.GET.get("kind")}))
    form = UploadForm(request.POST, request.FILES)
    if getattr(request, "too_large", False):
        form.errors["file"] = form.error_class([actions.too_large()])
        return _upload_page(request, form, 422)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = actions.receive(
                request.actor, kind=form.cleaned_data["kind"], filename=file.name, content=file, now=timezone.now()
            )
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return _go_to(request, "import-mapping", run.pk)
    return _upload_page(request, form, 422)


def _go_to(request: TenantRequest, name: str, key: UUID) -> HttpResponse:
    """The next page as a whole, also for a form that a script has sent."""
    return HttpResponseClientRedirect(reverse(name, args=[key])) if request.htmx else redirect(name, key)


@require_safe
def template(request: TenantRequest) -> HttpResponse:
    """An empty workbook to fill in, for those whose DMS exports nothing."""
    request.actor.require("import.make")
    kind = next((one for one in queries.kinds() if one.value == request.GET.get("kind")), None)
    if kind is None:
        raise NotFound(f"kind {request.GET.get('kind')}")
    book = template_workbook(kind.value)
    name = _("%(kind)s模板.xlsx") % {"kind": kind.label}
    disposition = content_disposition_header(True, str(name)) or "attachment"
    return HttpResponse(book, content_type=XLSX, headers={"Content-Disposition": disposition})


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: TenantRequest, key: UUID) -> HttpResponse:
    """Which column is what. Another sheet or encoding means other columns, so these are read and shown first."""
    page = queries.mapping(request.actor, key)
    if page.file.state not in {State.UPLOADED, State.CHECKED, State.FAILED}:
        return _led_on(request, key)
    if request.method != "POST":
        return _mapping_page(request, page)
    run, now = queries.get(request.actor, key), timezone.now()
    sheet, encoding = request.POST.get("sheet", ""), request.POST.get("encoding", "")
    other = (sheet or page.file.sheet, encoding or page.file.encoding) != (page.file.sheet, page.file.encoding)
    chosen = {column.index: request.POST.get(f"column-{column.index}", "") for column in page.columns}
    try:
        if "forget" in request.POST:
            actions.forget_mapping(request.actor, run, now=now)
            return redirect("import-mapping", key)
        if other or "again" in request.POST:
            actions.reread(request.actor, run, now=now, sheet=sheet, encoding=encoding)
            return redirect("import-mapping", key)
        actions.remap(request.actor, run, chosen=chosen, now=now, sheet=sheet, encoding=encoding)
        actions.check(request.actor, run, now=now)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return _led_on(request, key)
    except DomainError as refusal:
        kept = [replace(column, target=chosen[column.index] or None) for column in page.columns]
        return _mapping_page(request, replace(page, columns=kept, missing=[], errors=[str(refusal)]), 422)
    return redirect("import-progress", key)


@require_safe
def preview(request: TenantRequest, key: UUID) -> HttpResponse:
    page = queries.outcome(request.actor, key)
    if page.job.state != State.CHECKED:
        return _led_on(request, key)
    context = {**_outcome(key, page), "may_apply": page.may_apply, "may_make": request.actor.may("import.make")}
    return render(request, "frontend/imports/preview.html", context)


@require_POST
def apply(request: TenantRequest, key: UUID) -> HttpResponse:
    """A second click, or a colleague's, finds the import on its way and is shown it."""
    run = queries.get(request.actor, key)
    try:
        actions.apply(request.actor, run, now=timezone.now())
    except Conflict as conflict:
        if queries.get(request.actor, key).state not in WANTED:
            messages.error(request, str(conflict))
    return _led_on(request, key)


@require_safe
def progress(request: TenantRequest, key: UUID) -> HttpResponse:
    """Asked again every second by htmx, or by the page itself without scripts, until there is something to show."""
    job = queries.job(request.actor, key)
    here = reverse("import-progress", args=[key])
    where = _address(job.state, key)
    if where != here:
        return HttpResponseClientRedirect(where) if request.htmx else redirect(where)
    context = {"import_id": key, "job": job, "may_cancel": job.may_cancel, "may_make": request.actor.may("import.make")}
    if request.htmx:
        return render(request, "frontend/imports/_progress.html", context)
    context["undoing"] = job.state == State.UNDOING
    trying = job.state == State.CHECKING or (job.state != State.QUEUED and job.started_at is None)
    context |= {"file": queries.outcome(request.actor, key).file, "step": 3 if trying else 4}
    return render(request, "frontend/imports/progress.html", context)


@require_safe
def result(request: TenantRequest, key: UUID) -> HttpResponse:
    page = queries.outcome(request.actor, key)
    if page.job.state not in {State.DONE, State.UNDONE}:
        return _led_on(request, key)
    context = {
        **_outcome(key, page),
        "job": page.job,
        "planned": page.planned,
        "undone": page.undone,
        "stays": [_linked(one) for one in page.undone.stays] if page.undone else [],
        "undo_url": reverse("import-undo", args=[key]) if page.may_undo else None,
        "error_file_url": reverse("import-errors", args=[key]) if page.has_error_file else None,
        "workbench_url": reverse("workbench") if request.actor.may("callback.see") else None,
    }
    return render(request, "frontend/imports/result.html", context)


@require_safe
def errors(request: TenantRequest, key: UUID) -> FileResponse:
    """The rows that were not imported, in their own columns, each with its reason."""
    address = client_address(request)
    path, name = actions.hand_out_errors(request.actor, key, now=timezone.now(), address=address)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: TenantRequest, key: UUID) -> HttpResponse:
    """What taking an import back means, and doing it. A second click finds it on its way."""
    request.actor.require("import.undo")
    run, page = queries.get(request.actor, key), queries.outcome(request.actor, key)
    if request.method != "POST":
        if not page.may_undo:
            return _led_on(request, key)
        return render(request, "frontend/imports/undo.html", _outcome(key, page) | {"again": page.undone is not None})
    try:
        actions.undo(request.actor, run, now=timezone.now())
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return _led_on(request, key)


@require_POST
def cancel(request: TenantRequest, key: UUID) -> HttpResponse:
    run = queries.get(request.actor, key)
    try:
        actions.cancel(request.actor, run, now=timezone.now())
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return _led_on(request, key)


def _linked(one: queries.Stays) -> dict[str, Any]:
    """A row that stayed, with the places to look at it."""
    links = []
    if one.run_id:
        links.append({"label": _("那次导入"), "url": reverse("import-result", args=[one.run_id])})
    if one.follow_up_id:
        links.append({"label": _("那个回访"), "url": reverse("call", args=[one.follow_up_id])})
    if one.customer_id:
        with suppress(NoReverseMatch):
            links.append({"label": _("客户档案"), "url": reverse("customer", args=[one.customer_id])})
    return {**{name: getattr(one, name) for name in one.__dataclass_fields__}, "links": links}


def _address(state: str, key: UUID) -> str:
    return reverse(PAGES.get(State(state), "import-progress"), args=[key])


def _led_on(request: TenantRequest, key: UUID) -> HttpResponseRedirect:
    """To the page that tells how the import stands now."""
    return HttpResponseRedirect(_address(queries.get(request.actor, key).state, key))


def _upload_page(request: TenantRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    address = reverse("import-template")
    kinds = [
        {
            "value": kind.value,
            "label": kind.label,
            "icon": ICONS[kind.value],
            "columns_hint": kind.columns_hint,
            "template_url": f"{address}?kind={kind.value}",
        }
        for kind in queries.kinds()
    ]
    context = {"form": form, "kinds": kinds, "max_mb": actions.MOST_MB}
    return render(request, "frontend/imports/upload.html", context, status=status)


def _mapping_page(request: TenantRequest, page: MappingPage, status: int = 200) -> HttpResponse:
    file = {name: getattr(page.file, name) for name in page.file.__dataclass_fields__}
    file["encodings"] = [{"value": value, "label": label} for value, label in page.encodings]
    file["sheets"] = page.sheets
    context = {
        "import_id": page.file.id,
        "file": file,
        "columns": page.columns,
        "targets": page.targets,
        "missing": page.missing,
        "errors": page.errors,
        "remembered": page.remembered,
        "before": page.before,
    }
    return render(request, "frontend/imports/mapping.html", context, status=status)


def _outcome(key: UUID, page: OutcomePage) -> dict[str, Any]:
    return {
        "import_id": key,
        "file": page.file,
        "counts": page.counts,
        "faults": page.faults,
        "fault_total": page.fault_total,
        "warnings": page.warnings,
        "warning_total": page.warning_total,
    }
