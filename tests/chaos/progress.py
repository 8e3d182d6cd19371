import sys


def say(line: str) -> None:
    """Progress, on standard error: standard output is the report's."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
