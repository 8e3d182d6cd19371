import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final

_CODE: Final = re.compile(r"\b[0-9]{6}\b")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in the mail sink's folder; `submission_id` is empty where the mail is about none."""

    file: Path
    recipient: str
    subject: str
    message_id: str
    submission_id: str
    text: str
    html: str


class Mailbox:
    """The mails that came into the folder since this was made, each read once: a folder in use has thousands from before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = {file.name for file in folder.glob("*.eml")}
        self._known: dict[str, Mail] = {}

    def to(self, ending: str) -> Sequence[Mail]:
        """Every mail to an address with this ending, in the order of arrival."""
        names = sorted({file.name for file in self._folder.glob("*.eml")} - self._before)
        for name in names:
            if name not in self._known:
                self._known[name] = _read(self._folder / name)
        return [self._known[name] for name in names if self._known[name].recipient.endswith(ending)]

    def code_to(self, address: str) -> str | None:
        """The code in the latest mail to that address; None where there is none yet."""
        found = [_CODE.search(mail.text) for mail in self.to(address)]
        return found[-1][0] if found and found[-1] else None


def mails_to(folder: Path, *, ending: str) -> Sequence[Mail]:
    """Every mail in the folder to an address with this ending, in the order of arrival."""
    found = [_read(file) for file in sorted(folder.glob("*.eml"))]
    return [mail for mail in found if mail.recipient.endswith(ending)]


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=default)
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    return Mail(
        file=file,
        recipient=str(message["To"]),
        subject=str(message["Subject"]),
        message_id=str(message["Message-ID"]),
        submission_id=str(message["X-Submission-ID"] or ""),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
    )
