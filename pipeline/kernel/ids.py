from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): ids made later sort later, so that lists page by id."""
    return uuid7()
