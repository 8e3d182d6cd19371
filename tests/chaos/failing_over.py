"""A client of several web processes."""

import itertools
from collections.abc import Callable, Sequence

import httpx

from cli.demo.clients import Api


class FailingOver(Api):
    """Goes to one web process after the other, and so to another one where the last did not answer. Safe in many threads."""

    def __init__(self, urls: Sequence[str], key: str) -> None:
        super().__init__(urls[0], key)
        opened = (
            httpx.Client(base_url=url, headers=self._client.headers, timeout=self._client.timeout) for url in urls[1:]
        )
        self._all = (self._client, *opened)
        self._turns = itertools.cycle(self._all)

    def close(self) -> None:
        """Close the connections to all of them."""
        for client in self._all:
            client.close()

    def _answered(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        def elsewhere() -> httpx.Response:
            self._client = next(self._turns)
            return send()

        return super()._answered(elsewhere)
