"""What is written when a member's avatar changes: its row, and the event that tells of it."""

from sqlalchemy import Connection, func
from sqlalchemy.dialects.postgresql import insert

from pipeline.avatar.tables import avatar
from pipeline.events import outbound as events
from pipeline.submission.decisions import Decision
from schemas.events import AvatarPublished, EventType


def emit_published(connection: Connection, result: Decision, keys: dict[str, str], sha256: str) -> None:
    """Tell other services which pictures are the member's now."""
    published = AvatarPublished(
        member_id=result.member_id,
        submission_id=result.submission_id,
        large_key=keys["large"],
        small_key=keys["small"],
        sha256=sha256,
        version=result.sequence,
    )
    events.emit(
        connection,
        EventType.AVATAR_PUBLISHED,
        published,
        member_id=result.member_id,
        trace=result.correlation_id,
        service=result.service,
    )


def write_shown(connection: Connection, result: Decision, keys: dict[str, str], sha256: str) -> None:
    """Make these pictures the member's avatar."""
    values = {
        "submission_id": result.submission_id,
        "sequence": result.sequence,
        "large_key": keys["large"],
        "small_key": keys["small"],
        "sha256": sha256,
    }
    statement = insert(avatar).values(member_id=result.member_id, **values)
    changed = {**values, "published_at": func.now()}
    connection.execute(statement.on_conflict_do_update(index_elements=["member_id"], set_=changed))
