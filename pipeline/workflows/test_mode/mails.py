"""The mails of a test service's members: as they would have gone out, had they not been held."""

from typing import Final

from sqlalchemy import select

from pipeline.kernel.database import Database
from pipeline.notification.tables import mail
from pipeline.ownership.tables import Owned, ownership
from pipeline.workflows.test_mode.refusals import require_test
from schemas.test_mode import HeldMail, HeldMails

_MOST: Final = 100


def held_mails(*, service: str, member_id: str | None, db: Database) -> HeldMails:
    """The latest mails, the latest first; of one member, or of all. The words of a secret one are not kept. Raises NotATestKey."""
    require_test(service)
    members = select(ownership.c.name).where(ownership.c.kind == Owned.MEMBER, ownership.c.service == service)
    wanted = [mail.c.member_id.in_(members), *([mail.c.member_id == member_id] if member_id is not None else [])]
    query = select(mail).where(*wanted).order_by(mail.c.frozen_at.desc(), mail.c.cause_id).limit(_MOST)
    with db.read() as connection:
        rows = connection.execute(query).mappings().all()
    return HeldMails(items=tuple(HeldMail(**{name: row[name] for name in HeldMail.model_fields}) for row in rows))
