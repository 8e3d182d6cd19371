"""Ask the CDN in front of the public bucket to forget pictures that were removed."""

from collections.abc import Callable, Sequence

import httpx

from pipeline.kernel.errors import RetryableError

Purge = Callable[[Sequence[str]], None]
"""Forget the pictures at these addresses. Raises CdnUnavailable."""

TIMEOUT_SECONDS = 10.0


class CdnUnavailable(RetryableError):
    """The hook that purges the CDN did not say that it has done so."""

    code = "cdn_unavailable"


class CdnHook:
    """`POST {"urls": [...]}` to an address of the settings, with a bearer token where they have one. Any `2xx` means done."""

    def __init__(self, url: str, *, token: str | None, client: httpx.Client) -> None:
        self._url, self._client = url, client
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, urls: Sequence[str]) -> None:
        """Raises CdnUnavailable."""
        try:
            answer = self._client.post(
                self._url, json={"urls": list(urls)}, headers=self._headers, timeout=TIMEOUT_SECONDS
            )
        except httpx.HTTPError as error:
            raise CdnUnavailable(f"The hook of the CDN cannot be reached: {type(error).__name__}.") from error
        if not answer.is_success:
            raise CdnUnavailable(f"The hook of the CDN answered {answer.status_code}.")
