from random import Random


def chance(*parts: str | int) -> Random:
    """Open a source of choices that is the same for the same parts, on every machine and in every run."""
    return Random("/".join(str(part) for part in parts))  # noqa: S311 - it draws pictures and guards nothing


def digits(draw: Random, count: int) -> str:
    """`count` random decimal digits, the first of them not zero."""
    return str(draw.randrange(10 ** (count - 1), 10**count))
