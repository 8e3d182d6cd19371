"""Personal information, kept in its normal form with the time at which its address was confirmed (DOMAIN §2)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from email_validator import EmailUndeliverableError, validate_email
from sqlalchemy import Connection, Row, select

from pipeline.account.rules import sections as rules
from pipeline.account.rules.sections import PERSONAL, PRIVACY
from pipeline.account.sections import Change, replace_section, section_of, sections_of
from pipeline.account.tables import confirmed_email
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, Problem
from pipeline.policy import Policy
from schemas.account import PersonalInformation, PersonalView, Privacy, PublicAvatar, PublicPage, SectionView

TakesMail = Callable[[str], bool]
"""Whether the domain of an address takes mail."""

TIMEOUT_SECONDS: Final = 5


def takes_mail(address: str) -> bool:
    """Ask the domain name system whether the address's domain takes mail (RFC 7505). No answer in time counts as yes."""
    try:
        validate_email(address, check_deliverability=True, timeout=TIMEOUT_SECONDS)
    except EmailUndeliverableError:
        return False
    return True


def not_asked(_address: str) -> bool:
    """Yes, without asking: the code that the member copies out of the mail shows it too."""
    return True


def change_personal(
    member_id: str,
    written: PersonalInformation,
    *,
    change: Change,
    takes_mail: TakesMail,
    db: Database,
    policy: Policy,
) -> PersonalView:
    """Replace the personal information. A new address must be confirmed again. Raises Invalid, Stale."""
    content = rules.personal(written, policy.account)
    if not takes_mail(str(content["email"])):
        message = "The domain of this address takes no mail. Check its spelling."
        raise Invalid([Problem("email", "undeliverable_email", message)])
    kept = replace_section(member_id, PERSONAL, content, change=change, db=db)
    return _view(kept, db)


def personal_of(member_id: str, *, db: Database) -> PersonalView:
    """The personal information. Raises NotFound."""
    return _view(section_of(member_id, PERSONAL, db=db), db)


def page_of(
    member_id: str, *, viewer_level: str | None, avatar: PublicAvatar | None, db: Database, policy: Policy
) -> PublicPage:
    """The member's public page for a viewer on this level (None: no member); empty where the member has written nothing."""
    with db.read() as connection:
        confirmed = _confirmed(connection, member_id)
        sections = sections_of(connection, member_id)
    return rules.public_page(
        member_id,
        sections,
        viewer_level=viewer_level,
        confirmed_email=confirmed.email if confirmed else None,
        avatar=avatar,
        rules=policy.account,
    )


def profile_of(connection: Connection, member_id: str) -> Mapping[str, Any]:
    """What the member says of themself that a case's profile may lack: gender, language and time zone."""
    written = sections_of(connection, member_id).get(PERSONAL)
    content: Mapping[str, Any] = written.content if written else {}
    return {name: content.get(name) for name in ("gender", "locale", "timezone")}


def _view(kept: SectionView, db: Database) -> PersonalView:
    with db.read() as connection:
        confirmed = _confirmed(connection, kept.member_id)
    at = confirmed.confirmed_at if confirmed and confirmed.email == kept.content["email"] else None
    return PersonalView(
        member_id=kept.member_id,
        email_confirmed_at=at,
        version=kept.version,
        updated_at=kept.updated_at,
        **kept.content,
    )


def _confirmed(connection: Connection, member_id: str) -> Row[Any] | None:
    mine = confirmed_email.c.member_id == member_id
    return connection.execute(select(confirmed_email).where(mine)).one_or_none()


def privacy_of(member_id: str, *, db: Database, policy: Policy) -> SectionView:
    """The member's choice; the policy's default, at version 0, for a member who has not chosen."""
    with db.read() as connection:
        chosen = sections_of(connection, member_id).get(PRIVACY)
    if chosen is not None:
        return chosen
    content = rules.privacy_of(None, policy.account.privacy).model_dump()
    return SectionView(member_id=member_id, section=PRIVACY, content=content, version=0, updated_at=None)


def change_privacy(member_id: str, wanted: Privacy, *, change: Change, db: Database) -> SectionView:
    """Choose who sees each of both sections. Raises Stale."""
    return replace_section(member_id, PRIVACY, wanted.model_dump(), change=change, db=db)
