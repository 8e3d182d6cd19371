"""What can go wrong around a child. Only the first leaves this package: it is about this machine, never about a file."""

from pipeline.kernel.errors import RetryableError


class SandboxUnavailable(RetryableError):
    """No child can be started on this machine now. The same file can be inspected later."""

    code = "sandbox_unavailable"


class ChildDied(Exception):
    """A child ended or had to be ended before it had answered; the message says how."""
