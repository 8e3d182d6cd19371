"""Who sees what of a member, as the member chose (DOMAIN §4)."""

from pipeline.account import rules
from pipeline.account.names import PRIVACY
from pipeline.account.sections import Change, replace_section, sections_of
from pipeline.database import Database
from pipeline.policy import Policy
from schemas.account import Privacy, SectionView


def privacy_of(member_id: str, *, db: Database, policy: Policy) -> SectionView:
    """What the member chose; what the policy says, at version 0, for a member who has not chosen."""
    with db.read() as connection:
        chosen = sections_of(connection, member_id).get(PRIVACY)
    if chosen is not None:
        return chosen
    content = rules.privacy_of(None, policy.account.privacy).model_dump()
    return SectionView(member_id=member_id, section=PRIVACY, content=content, version=0, updated_at=None)


def change_privacy(member_id: str, wanted: Privacy, *, change: Change, db: Database) -> SectionView:
    """Choose anew for both sections. Raises Stale."""
    return replace_section(member_id, PRIVACY, wanted.model_dump(), change=change, db=db)
