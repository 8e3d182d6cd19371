from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.membership.tables import level_change
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage
from pipeline.submission.accepted_policy import stage_of


def level_before(connection: Connection, before: Row[Any], policy: Policy) -> Stage:
    """The stage of the member's level. One that the ladder has no more has its last title and the benefits that the member had by it."""
    known = policy.stage(before.level)
    if known is not None:
        return known
    mine = (level_change.c.member_id == before.member_id, level_change.c.version == before.version)
    version = connection.execute(select(level_change.c.policy_version).where(*mine)).scalar_one_or_none()
    stage = stage_of(connection, before.level, version or policy.version, present=policy)
    return stage.model_copy(update={"benefits": tuple(before.benefits)})
