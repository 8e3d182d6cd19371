from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from pipeline.audit.rules import next_head, row_digest, split

BACKDATED: Final = timedelta(minutes=10)
"""A row cannot be this much older than the seal before its own: no transaction of ours lasts as long."""

_MOST_PAIRS: Final = 10_000


class Kind(StrEnum):
    """What is wrong with the record."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    REORDERED = "reordered"
    BACKDATED = "backdated"
    MISSING_SEAL = "missing_seal"
    BROKEN_SEAL = "broken_seal"
    FORGED_SEAL = "forged_seal"
    MISSING_TAIL = "missing_tail"
    FORGED_CHECKPOINT = "forged_checkpoint"
    REWRITTEN = "rewritten"
    UNSEALED = "unsealed"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the row by its id, or the seal or the checkpoint, in a sentence."""

    kind: Kind
    words: str
    row_id: int | None = None
    seal: int | None = None
    checkpoint: str | None = None


def faults_of_list(seal: Mapping[Any, Any], before: Mapping[Any, Any]) -> Iterator[Fault]:
    """Whether a seal's list of rows is the one that leads from the chain before it to its own head."""
    ids, digests, number = seal["ids"], split(seal["digests"]), seal["number"]
    ends = (seal["last_id"], seal["rows"]) == (ids[-1] if ids else None, before["rows"] + len(ids))
    fits = len(ids) == len(digests) and seal["head"] == next_head(
        before["head"], number, zip(ids, digests, strict=False)
    )
    if not (ends and fits):
        words = f"Seal {number} does not follow from the rows that it lists ({_span(ids)}) and the seal before it."
        yield Fault(Kind.BROKEN_SEAL, words, seal=number)


def faults_of_rows(
    seal: Mapping[Any, Any], found: Sequence[Mapping[Any, Any]], elsewhere: frozenset[int], before: Mapping[Any, Any]
) -> Iterator[Fault]:
    """Compare the rows in a seal's range with those that it lists. `elsewhere`: of the listed ids those that lie in another range."""
    number = seal["number"]
    listed = dict(zip(seal["ids"], split(seal["digests"]), strict=False))
    there = {row["id"]: row for row in found}
    wrong = [row for row in found if listed.get(row["id"]) != row_digest(row)]
    vacant = [row_id for row_id in listed if row_id not in there] + [row["id"] for row in wrong if row["id"] in listed]
    moved = _moved(wrong, vacant, listed)
    for place, row_id in moved.items():
        words = f"Row {row_id} stands in the place of row {place}: rows have changed places."
        yield Fault(Kind.REORDERED, words, row_id=place, seal=number)
    for row_id in (each for each in vacant if each not in moved):
        yield _gone(row_id, number, is_there=row_id in there or row_id in elsewhere)
    for row in wrong:
        if row["id"] not in listed and row["id"] not in moved.values():
            yield Fault(Kind.ADDED, f"Row {row['id']} was added among the rows of seal {number}.", row["id"], number)
    yield from _backdated(seal, [row for row in found if listed.get(row["id"]) is not None], before)


def _gone(row_id: int, number: int, *, is_there: bool) -> Fault:
    if is_there:
        return Fault(Kind.CHANGED, f"Row {row_id} is not as it was when it was sealed.", row_id, number)
    return Fault(Kind.MISSING, f"Row {row_id} is missing; seal {number} lists it.", row_id, number)


def _moved(wrong: Sequence[Mapping[Any, Any]], vacant: Sequence[int], listed: Mapping[int, bytes]) -> dict[int, int]:
    """Place → the id of the row that now has its content."""
    if len(wrong) * len(vacant) > _MOST_PAIRS:
        return {}
    pairs = ((place, row) for place in vacant for row in wrong if row["id"] != place)
    return {place: row["id"] for place, row in pairs if row_digest({**row, "id": place}) == listed[place]}


def _backdated(
    seal: Mapping[Any, Any], rows: Sequence[Mapping[Any, Any]], before: Mapping[Any, Any]
) -> Iterator[Fault]:
    if before["at"] is None or before["floor_id"] != seal["floor_id"]:
        return
    for row in rows:
        if row["at"] < before["at"] - BACKDATED:
            words = f"Row {row['id']} says {row['at']:%Y-%m-%d %H:%M} UTC, but was added after {before['at']:%Y-%m-%d %H:%M} UTC."
            yield Fault(Kind.BACKDATED, words, row["id"], seal["number"])


def _span(ids: Sequence[int]) -> str:
    return f"rows {min(ids)} to {max(ids)}" if ids else "none"
