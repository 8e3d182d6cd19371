from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as the sink took it."""

    file: Path
    recipient: str
    subject: str
    message_id: str
    submission_id: str
    text: str
    html: str


def mails_to(folder: Path, *, ending: str) -> Sequence[Mail]:
    """Every mail in the sink's folder to an address that ends so, in the order in which they came."""
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
        submission_id=str(message["X-Submission-ID"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
    )
