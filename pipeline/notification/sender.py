from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sender:
    """Who our mails are from: the address, the name of the service in words, and where members go (a web address)."""

    address: str
    name: str
    member_centre_url: str
