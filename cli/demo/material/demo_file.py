from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file as a member would send it: its name, the media type it is declared as, and its bytes.

    `facts` are what a reviewer reads off the file and types in; a file that is nobody's proof has none.
    """

    filename: str
    media_type: str
    body: bytes
    facts: Mapping[str, str | int] = field(default_factory=dict)
