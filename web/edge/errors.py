from typing import Final

from pipeline.kernel.errors import PermanentError

KIB: Final = 1024


class BodyTooLarge(PermanentError):
    """The body is longer than its route takes. It was not read."""

    code = "body_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"The body of this request may have at most {most // KIB} KiB. Send less; nothing was done.")


class BodyTooSlow(PermanentError):
    """The body did not arrive in time, or others needed its place."""

    code = "body_too_slow"

    def __init__(self) -> None:
        super().__init__("The body did not arrive in time. Nothing was done. Repeat the request on another connection.")


class AddressTooLong(PermanentError):
    """The path and query of the request are too long."""

    code = "uri_too_long"

    def __init__(self, most: int) -> None:
        super().__init__(f"Path and query may have at most {most // KIB} KiB together. Send less.")


class HeadersTooLarge(PermanentError):
    """The headers of the request are too long."""

    code = "headers_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"The headers may have at most {most // KIB} KiB together. Send fewer, or shorter ones.")


class HeadTooSlow(PermanentError):
    """Request line and headers did not arrive in time."""

    code = "head_too_slow"

    def __init__(self) -> None:
        super().__init__("The headers of the request did not arrive in time. Repeat it on another connection.")


class CallerLeft(Exception):
    """The caller closed the connection before the body was complete."""
