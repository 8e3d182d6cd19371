"""Look everywhere: the API, the public addresses, the buckets, the mail folder, the operator's list."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import func, select

from cli.demo.checks import avatar_differences
from cli.demo.clients import Api
from cli.demo.mailbox import Mail, mails_to
from pipeline.events.tables import delivery, event
from pipeline.kernel.errors import ProofdeskError
from pipeline.submission.tables import material, rendition
from pipeline.tasks.operate import tasks
from pipeline.tasks.rules import TaskState
from tests.chaos.evidence import Bucket, Evidence, Recorded
from tests.chaos.faults.events import PAST
from tests.chaos.ground import Ground
from tests.chaos.journal import Journal
from tests.chaos.leaving import LEAVING
from tests.chaos.traffic import listed
from tests.support.together import until

LOOKERS: Final = 4
TOLD_SECONDS: Final = 120
ALL: Final = 1_000_000
Found = TypeVar("Found")


def gathered(
    ground: Ground,
    api: Api,
    journal: Journal,
    views: Mapping[str, Mapping[str, Any]],
    *,
    faults: int,
    spent: Mapping[str, Decimal],
    leftovers: Sequence[str],
) -> Evidence:
    """All that the judges want to see."""
    with _mails(Path(ground.environment["PROOFDESK_MAIL_FOLDER"])) as mails:
        seen = _gathered(ground, api, journal, views, mails, faults=faults)
    return replace(
        seen,
        leftovers=leftovers,
        events=_events(ground),
        told=tuple(ground.listener.told) if ground.listener else (),
        spent=spent,
        counted=_each(spent, lambda member: _counted(api, member)),
    )


def _gathered(
    ground: Ground,
    api: Api,
    journal: Journal,
    views: Mapping[str, Mapping[str, Any]],
    mails: Callable[[], Sequence[Mail]],
    *,
    faults: int,
) -> Evidence:
    members = {(view["member_id"], view["kind"]) for view in views.values() if view}
    verified = {member for member, kind in members if kind == "verification"}
    avatars = _each({member for member, kind in members if kind == "avatar"}, lambda member: _avatar(api, member))
    return Evidence(
        journal=journal,
        views=views,
        listed=list(listed(api)),
        memberships=_each(verified, lambda member: api.get(f"/v1/members/{member}/membership")),
        avatars={member: avatar for member, (avatar, _) in avatars.items()},
        pictures={member: differences for member, (_, differences) in avatars.items()},
        buckets=_buckets(ground, [avatar for avatar, _ in avatars.values()]),
        tasks=_tasks(ground),
        faults=faults,
        mails=_by_submission(mails()),
    )


def _avatar(api: Api, member_id: str) -> tuple[Mapping[str, Any], Sequence[str]]:
    """The public avatar, and what is wrong with its pictures."""
    avatar = api.get(f"/v1/members/{member_id}/avatar")
    return avatar, list(avatar_differences(avatar, avatar["submission_id"]))


def _counted(api: Api, member_id: str) -> Decimal:
    """What the member's orders come to: what the highest stage asks for, less what is missing to it."""
    highest = api.get(f"/v1/members/{member_id}/membership")["stages"][-1]["spend"]
    return Decimal(highest["needed"]["amount"]) - Decimal(highest["missing"]["amount"])


def _events(ground: Ground) -> Sequence[Recorded]:
    """All but those of members who were erased or have nothing else, once the endpoint was told of each or is told no more."""
    with suppress(AssertionError, ProofdeskError):
        until(lambda: not _untold(ground), seconds=TOLD_SECONDS)
    submission = event.c.data["submission_id"].as_string()
    when = func.extract("epoch", event.c.at)
    query = select(event.c.id, event.c.sequence, event.c.type, event.c.member_id, submission, when)
    others = [~event.c.member_id.startswith(start, autoescape=True) for start in (LEAVING, PAST)]
    with ground.tools.db.read() as connection:
        rows = connection.execute(query.where(*others).order_by(event.c.sequence)).all()
    return [Recorded(str(row[0]), row[1], row[2], row[3], row[4], float(row[5])) for row in rows]


def _untold(ground: Ground) -> bool:
    pending = select(delivery.c.event_id).where(delivery.c.state == "pending").limit(1)
    with ground.tools.db.read() as connection:
        return connection.execute(pending).first() is not None


def _buckets(ground: Ground, avatars: Iterable[Mapping[str, Any]]) -> Mapping[str, Bucket]:
    """Who names what: a row of the database in quarantine and vault, a member's public address in public."""
    storage, base = ground.tools.storage, f"{ground.tools.settings.public_base}/"
    with ground.tools.db.read() as connection:
        uploads = (
            connection.execute(select(material.c.upload_key).where(material.c.upload_key.is_not(None))).scalars().all()
        )
        renditions = connection.execute(select(rendition.c.key)).scalars().all()
    shown = [avatar[name] for avatar in avatars for name in ("large_url", "small_url") if avatar[name]]
    named = {
        "uploads": (storage.uploads, uploads),
        "vault": (storage.vault, renditions),
        "public": (storage.public, [url.removeprefix(base) for url in shown]),
    }
    return {
        name: Bucket(frozenset(key for key, _ in storage.listed(bucket)), frozenset(keys))
        for name, (bucket, keys) in named.items()
    }


@contextmanager
def _mails(folder: Path) -> Iterator[Callable[[], Sequence[Mail]]]:
    """All mails, which another process reads meanwhile: it takes as long as everything else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as readers:
        yield readers.submit(mails_to, folder, ending="").result


def _by_submission(mails: Iterable[Mail]) -> Mapping[str, Sequence[Mail]]:
    found: dict[str, list[Mail]] = {}
    for mail in mails:
        found.setdefault(mail.submission_id, []).append(mail)
    return found


def _tasks(ground: Ground) -> Sequence[Mapping[Any, Any]]:
    """Every task, whatever its state."""
    states = (None, TaskState.DONE)  # nothing said means: all that are not done
    return [task for state in states for task in tasks(ground.tools.db, state=state, kind=None, limit=ALL)]


def _each(members: Iterable[str], look: Callable[[str], Found]) -> dict[str, Found]:
    """What is seen of each member, a few at a time."""
    ordered = sorted(members)
    with ThreadPoolExecutor(LOOKERS) as lookers:
        return dict(zip(ordered, lookers.map(look, ordered), strict=True))
