from pipeline.kernel.errors import Conflict
from pipeline.ownership.rules import is_test


class NotATestKey(Conflict):
    """The key is a live one. Nothing was done."""

    code = "not_a_test_key"


def require_test(service: str) -> None:
    """Raises NotATestKey for a service that is no test key's."""
    if not is_test(service):
        raise NotATestKey("This is for test keys only. Create one with: proofdesk key create --test")
