from typing import Final

from tests.chaos.proxies.link import Link, Trick

GO_ON: Final = b"354"
TAKEN: Final = b"250"


class CutBeforeData(Trick):
    """The connection ends when the client wants to hand its mail over."""

    async def asked(self, link: Link, chunk: bytes) -> bytes:
        """The server never hears of it."""
        if chunk.upper().startswith(b"DATA\r\n") and not _hands_over(link):
            raise self.cut()
        return chunk


class CutInData(Trick):
    """The connection ends in the middle of the mail."""

    async def asked(self, link: Link, chunk: bytes) -> bytes:
        """Pass half of its first piece."""
        if not _hands_over(link):
            return chunk
        self.strikes += 1
        return link.end_after(chunk[: len(chunk) // 2])


class CutAfterDot(Trick):
    """The server has taken the mail, and the client never hears of it: it must send it again, with the same Message-ID."""

    async def answered(self, link: Link, chunk: bytes) -> bytes:
        """Keep the receipt back."""
        if _hands_over(link) and link.answer.startswith(TAKEN):
            raise self.cut()
        return chunk


def _hands_over(link: Link) -> bool:
    """Whether what the client says now is the mail itself."""
    return link.before.startswith(GO_ON)
