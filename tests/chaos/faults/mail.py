"""The mail server is down, or breaks off. A file that cannot be read has its mail at once: so there is one under way."""

from typing import Final

from tests.chaos.errands import What
from tests.chaos.faults.fault import Tricked
from tests.chaos.faults.signals import Frozen, Killed
from tests.chaos.proxies.link import Away
from tests.chaos.proxies.mail import CutAfterDot, CutBeforeData, CutInData

TOLD_AT_ONCE: Final[tuple[What, ...]] = ("bad_avatar",) * 3


class MailKilled(Killed):
    name, victims, crowd = "mail_killed", ("mail",), TOLD_AT_ONCE


class MailFrozen(Frozen):
    name, victims, crowd = "mail_frozen", ("mail",), TOLD_AT_ONCE


class MailDown(Tricked):
    name, server, trick, seconds, crowd = "mail_down", "mail", Away, (2, 5), TOLD_AT_ONCE


class MailCutBeforeData(Tricked):
    name, server, trick, seconds, crowd = "mail_cut_before_data", "mail", CutBeforeData, (2, 5), TOLD_AT_ONCE


class MailCutInData(Tricked):
    name, server, trick, seconds, crowd = "mail_cut_in_data", "mail", CutInData, (2, 5), TOLD_AT_ONCE


class MailCutAfterDot(Tricked):
    """The one ambiguity that mail has: it is sent again with the same Message-ID."""

    name, server, trick, seconds, crowd = "mail_cut_after_the_dot", "mail", CutAfterDot, (2, 5), TOLD_AT_ONCE
