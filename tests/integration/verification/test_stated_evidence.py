"""A method of verification whose evidence is words that a person reads: no file, no rule, no table of its own."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from pipeline.intake.accept import accept
from pipeline.intake.records import Door
from pipeline.kernel import clock
from pipeline.kernel.ids import new_id
from pipeline.kernel.validation import parse_submission
from pipeline.submission.evidence.method import EvidenceMethod
from pipeline.submission.tables import material
from pipeline.tasks.rules import INSPECT
from tests.support.desk import Desk
from tests.support.methods import number_body
from web.console.signals import notes_of


def keep(connection: Connection, submission_id: UUID, given: Any, *_: object) -> None:
    row = {"id": new_id(), "submission_id": submission_id, "position": 0, "kind": given.method}
    connection.execute(insert(material), {**row, "signals": {"stated": f"number {given.tax_number.number}"}})


def test_a_person_reads_what_the_member_stated_and_the_inspection_asks_for_no_file(desk: Desk) -> None:
    method = EvidenceMethod(problems=lambda *_: (), keep=keep)
    intake = desk.tools.intake
    context = replace(intake, methods={"tax_number": method})
    door = Door("http", "test", "trace-1")
    given = accept(parse_submission(number_body("DE", "HRB 1234")), door=door, now=clock.now(), context=context)

    desk.run_due(INSPECT)

    case = desk.case(desk.claimed())
    assert case.submission_id == given.id
    assert [note.text for note in notes_of(case)] == ["number HRB 1234"]
