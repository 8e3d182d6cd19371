from tests.chaos.proxies.link import Link, Trick

RUNS_A_SCRIPT = b"EVALSHA"


class ReplyLost(Trick):
    """The broker does what it is told, and nobody hears of it. dramatiq's commands are scripts; greetings pass."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    async def answered(self, link: Link, chunk: bytes) -> bytes:
        """Keep the reply back, so many times."""
        if self.strikes < self._most and RUNS_A_SCRIPT in link.opening.upper():
            raise self.cut()
        return chunk
