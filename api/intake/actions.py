"""Taking in what was sent: once for each idempotency key, by the rules of files, wholly or not at all.

Receipt, stored file and waiting import are one transaction. From there on the import is carried out like any other:
at once where it is small, else by the workers; and should this process be killed, by whoever looks for what waits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from api.intake.limits import limits
from api.intake.models import Receipt
from api.intake.queries import account, is_over, sent_import
from api.intake.rows import as_file
from api.models import Token
from crm.dms import actions as dms
from crm.dms import tasks
from crm.dms.fields import Kind
from crm.dms.queries import ImportRun
from crm.dms.running import go_on
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor

DONE, UNDER_WAY = 200, 202


@dataclass(frozen=True, slots=True)
class Answer:
    """``again``: it had been carried out before, and this is what was answered then."""

    status: int
    body: dict[str, Any]
    again: bool = False


class KeyReused(DomainError):
    """The key came with another body before."""


class StillAtIt(Conflict):
    """The same sending is being carried out at this moment."""


def take_in(
    actor: Actor, token: Token, kind: Kind, rows: list[dict[str, str]], *, key: str, digest: str, now: datetime
) -> Answer:
    """Carries out what was sent under ``key``, or says what was answered the first time.

    Raises :class:`KeyReused`, :class:`StillAtIt`, and :class:`DomainError` for what can't be taken in; of that
    nothing is kept, not even the key.
    """
    known = Receipt.objects.filter(token=token.pk, key=key).first()
    if known is not None:
        return _again(known, digest)
    try:
        receipt, run = _accept(actor, token, kind, rows, key, digest, now)
    except IntegrityError:
        # Somebody with the same key was a moment earlier.
        return _again(Receipt.objects.get(token=token.pk, key=key), digest)
    if len(rows) <= limits().inline:
        _carry_out(run)
    else:
        tasks.apply.later(str(run.pk), get_language() or "")
    return _conclude(receipt)


def cancel(actor: Actor, key: UUID, now: datetime) -> ImportRun:
    """Stops a job; of one under way nothing stays. Raises :class:`Conflict` for one that is over."""
    run = sent_import(actor, key)
    dms.cancel(actor, run, now=now)
    return run


def _accept(
    actor: Actor, token: Token, kind: Kind, rows: list[dict[str, str]], key: str, digest: str, now: datetime
) -> tuple[Receipt, ImportRun]:
    run: ImportRun | None = None
    try:
        with transaction.atomic():
            # First, so that a second sender waits here and not with a file in its hand.
            receipt = Receipt.objects.create(token=token.pk, key=key, digest=digest, created_at=now)
            name = f"API {token.name}.csv"
            run = dms.receive(actor, kind=kind, filename=name, content=ContentFile(as_file(kind, rows)), now=now)
            dms.queue(run, now=now)
            Receipt.objects.filter(pk=receipt.pk).update(import_id=run.pk)
            receipt.import_id = run.pk
    except BaseException:
        if run is not None:
            default_storage.delete(run.file)
        raise
    return receipt, run


def _carry_out(run: ImportRun) -> None:
    """Here and now, unless another import of the store is writing: then it waits for its turn, as all do."""
    went = go_on(run.pk, "apply", 0)
    if not went.ended:
        tasks.apply.later(str(run.pk), get_language() or "", went.further or 0)


def _conclude(receipt: Receipt) -> Answer:
    """What is answered, and kept for whoever asks again."""
    assert receipt.import_id is not None
    run = ImportRun.objects.get(pk=receipt.import_id)
    if is_over(run) and run.state != "done":
        raise DomainError(run.message or _("导入没有完成，没有写入任何数据。"), code="import_failed")
    answer = Answer(DONE if is_over(run) else UNDER_WAY, account(run))
    Receipt.objects.filter(pk=receipt.pk, status=None).update(status=answer.status, answer=answer.body)
    return answer


def _again(receipt: Receipt, digest: str) -> Answer:
    if receipt.digest != digest:
        raise KeyReused(_("这个 Idempotency-Key 已用于另一份内容，请换一个。"), code="key_reused")
    if receipt.status is not None:
        return Answer(receipt.status, receipt.answer or {}, again=True)
    assert receipt.import_id is not None
    # Whoever sent it was cut off, or hasn't got their answer yet.
    if not is_over(ImportRun.objects.get(pk=receipt.import_id)):
        raise StillAtIt(_("同一份内容正在处理，请稍后再试。"), code="under_way")
    concluded = _conclude(receipt)
    return Answer(concluded.status, concluded.body, again=True)
