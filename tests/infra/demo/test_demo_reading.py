"""What the importer's reading half makes of the demo's files: exactly what their manifest foretells."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from demo_files import REFERENCE

from crm.dms.columns import detect_columns
from crm.dms.files import open_source
from crm.dms.reading import read_documents
from crm.dms.records import StoreFacts
from infra.demo.build import build, todays_export
from infra.demo.manifest import Manifest, Outcome

STORE = StoreFacts(zone=ZoneInfo("Asia/Shanghai"), today=REFERENCE, staff_mobiles=frozenset())


@pytest.mark.parametrize("make", [build, todays_export])
def test_importer_finds_what_the_manifest_says(make: Callable[[date, Path], Manifest], tmp_path: Path) -> None:
    manifest = make(REFERENCE, tmp_path)
    for file in manifest.files:
        source = open_source(tmp_path / file.path)
        columns = detect_columns(source, file.kind, None)
        documents = list(read_documents(source, columns, STORE))
        good = [document for document in documents if document.record]
        assert columns.missing == ()
        assert sum(len(document.lines) for document in documents) == file.rows

        assert {fault.line for document in documents for fault in document.faults} == {
            blemish.line for blemish in file.with_outcome(Outcome.FAULT)
        }
        warned = {warning.line for document in documents for warning in document.warnings}
        assert {blemish.line for blemish in file.with_outcome(Outcome.WARNING)} <= warned

        cancelled = {document.number for document in good if document.record and document.record.cancelled}
        assert cancelled == {blemish.document for blemish in file.with_outcome(Outcome.CANCELLED)}
        told = {*file.new, *file.same, *(file.changed or {})}
        assert {document.number for document in good} == told | cancelled
        assert not [document.number for document in good if document.record and document.record.internal]
