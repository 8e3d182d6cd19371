"""What the tables say of submissions, in the model's words, and whether their history is whole."""

from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text

from pipeline.migrations import metadata
from pipeline.submission.lifecycle import EDGES, State, Transition
from schemas.claims import Claim
from schemas.decisions import DecisionRequest
from tests.support.bodies import FACTS
from tests.support.desk import Desk

QUERIES = {
    "lives": "SELECT * FROM submission",
    "moves": "SELECT * FROM audit WHERE to_state IS NOT NULL ORDER BY submission_id, id",
    "standing": "SELECT * FROM decision WHERE undone_at IS NULL",
    "live": "SELECT * FROM claim WHERE state = 'live'",
    "mails": "SELECT * FROM mail",
    "avatars": "SELECT * FROM avatar",
    "levels": "SELECT * FROM membership",
}


@dataclass
class Rows:
    """What there is: states and versions, live claims, standing decisions, mails, what members have."""

    lives: dict[UUID, tuple[str, int, int | None]]
    live_claims: list[UUID]
    standing: dict[UUID, str]
    mails: dict[UUID, str]
    avatars: dict[str, UUID]
    levels: dict[str, str]
    message_ids: list[str] = field(default_factory=list)


def emptied(desk: Desk) -> None:
    """Delete every row; quicker than truncation where there are few."""
    statements = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.metadata.sorted_tables)]  # noqa: S608
    with desk.tools.owner.engine.begin() as connection:
        connection.exec_driver_sql("; ".join(statements))


def seen(desk: Desk, submission_id: UUID) -> str:
    """Under which key the submission's first file was to be."""
    key = "SELECT coalesce(given_key, upload_key) AS given FROM material WHERE submission_id = :id ORDER BY position LIMIT 1"
    return str(desk.sql(key, id=submission_id)[0].given)


def decision_request(
    desk: Desk, held: Claim, verdict: str, *, version: int, spoiled: str | None = None
) -> DecisionRequest:
    """A decision with everything that the policy asks for, but for what is spoiled."""
    said: dict[str, Any] = {"materials": [_answers(desk, row) for row in _materials(desk, held.submission_id)]}
    kind = _materials(desk, held.submission_id)[0].of
    if verdict == "reject":
        said = {"reasons": [next(iter(desk.tools.policy.reasons_for(kind=kind, verdict="reject")))]}
    fixed = {"token": held.token, "fence": held.fence, "version": version, "verdict": verdict}
    wrong = {"token": uuid4(), "fence": held.fence + 1, "version": version + 1}
    return DecisionRequest.model_validate({**fixed, **said, **({spoiled: wrong[spoiled]} if spoiled else {})})


def audited(desk: Desk) -> Rows:
    """All that matters of the tables. Fails where a history has a gap or a move that the table of moves does not have."""
    with desk.tools.db.read() as connection:
        rows = {name: connection.execute(text(query)).all() for name, query in QUERIES.items()}
    lives = {row.id: (row.state, row.version, row.chance) for row in rows["lives"]}
    histories = {who: list(moves) for who, moves in groupby(rows["moves"], key=lambda row: row.submission_id)}
    assert histories.keys() == lives.keys()
    assert all(_is_whole(moves, lives[who]) for who, moves in histories.items())
    standing = [(row.submission_id, row.verdict) for row in rows["standing"]]
    assert len(dict(standing)) == len(standing)
    live = [row.submission_id for row in rows["live"]]
    assert len(set(live)) == len(live)
    return Rows(
        lives=lives,
        live_claims=sorted(live),
        standing=dict(standing),
        mails={row.cause_id: row.state for row in rows["mails"]},
        avatars={row.member_id: row.submission_id for row in rows["avatars"]},
        levels={row.member_id: row.level for row in rows["levels"]},
        message_ids=[row.message_id for row in rows["mails"] if row.state == "sent"],
    )


def _is_whole(history: list[Row[Any]], now: tuple[str, int, int | None]) -> bool:
    first, last = history[0], history[-1]
    begins = (first.from_state, first.to_state, first.version) == (None, State.RECEIVED, 1)
    ends = (last.to_state, last.version) == now[:2]
    return begins and ends and all(_follows(before, after) for before, after in pairwise(history))


def _follows(before: Row[Any], after: Row[Any]) -> bool:
    event = Transition(after.event.removeprefix("submission."))
    known = EDGES.get((State(after.from_state), event)) == after.to_state
    return known and (after.from_state, after.version) == (before.to_state, before.version + 1)


def _materials(desk: Desk, submission_id: UUID) -> list[Row[Any]]:
    query = (
        "SELECT material.id, material.kind, submission.kind AS of, submission.identity FROM material"
        " JOIN submission ON submission.id = material.submission_id WHERE submission.id = :id"
    )
    return list(desk.sql(query, id=submission_id))


def _answers(desk: Desk, row: Row[Any]) -> dict[str, Any]:
    items = desk.tools.policy.checklist(kind=row.of, identity=row.identity, material=row.kind, profile=False)
    return {
        "material_id": row.id,
        "checklist": {item.code: True for item in items},
        "facts": {fact: FACTS[fact] for item in items for fact in item.facts},
    }
