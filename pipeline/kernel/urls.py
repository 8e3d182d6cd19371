from urllib.parse import urlsplit


def origin_of(url: str) -> str:
    """The origin of an address, as browsers write it: without user, password and path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
