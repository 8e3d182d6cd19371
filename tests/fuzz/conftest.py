"""Fuzz targets: seeds in `corpus/`, changed at random, must never break a promise of what reads them.

An ordinary run takes a few seconds and always tries the same examples; `pytest tests/fuzz --fuzz-seconds 60` tries new
ones for that long at each target.
"""

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "corpus"
ROUND = 400
SECONDS_FOR_EACH = 1
TOKENS = {
    "jpeg": (
        *(
            bytes([0xFF, marker])
            for marker in (0x00, 0x01, 0xC0, 0xC2, 0xC4, 0xC9, 0xD0, 0xD8, 0xD9, 0xDA, 0xDD, 0xE1, 0xFE)
        ),
        b"\xff\xfe\x00\x02",
        b"\xff\xff",
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
        b"<script>",
        bytes(64),
    ),
    "pdf": (
        b"<<",
        b">>",
        b"[",
        b"]",
        b"/S",
        b"/JS(x)",
        b"/J#53",
        b"/Launch",
        b"1 0 R",
        b"obj",
        b"endobj",
        b"stream\n",
        b"(",
        b")",
        b"/Kids[1 0 R]",
        b"/Prev 9",
        b"/Length 99999999",
        b"/N 99999999",
        b"/Size 99999999",
        b"[" * 200,
    ),
}
Run = Callable[[str, Callable[[bytes], None]], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-seconds", type=float, default=0.0, help="how long each fuzz target tries new examples")


@st.composite
def changed(draw: st.DrawFn, folder: str) -> bytes:
    """A seed after a few cuts, flips, insertions, repetitions and splices."""
    seeds = [path.read_bytes() for path in sorted((CORPUS / folder).iterdir())]
    body = draw(st.sampled_from(seeds))
    pieces = st.one_of(st.sampled_from(TOKENS[folder]), st.binary(max_size=8))
    for _ in range(draw(st.integers(1, 6))):
        start, length = draw(st.integers(0, len(body))), draw(st.integers(0, 40))
        middle = draw(
            st.one_of(pieces, st.just(body[start : start + length] * 2), st.just(draw(st.sampled_from(seeds))[start:]))
        )
        body = body[:start] + middle + body[start + length :]
    return body[: 64 * 1024]


@pytest.fixture
def fuzz(request: pytest.FixtureRequest) -> Run:
    """Try a property on changed seeds: one round that is always the same, or new rounds until the time is over."""
    seconds = float(request.config.getoption("--fuzz-seconds", 0.0))

    def run(folder: str, holds: Callable[[bytes], None]) -> None:
        for number in _rounds(seconds):
            target = settings(
                max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck)
            )(seed(number)(given(changed(folder))(in_good_time(holds))))
            target()

    return run


def in_good_time(holds: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The same, and it takes a second at most: of the processor's time, so that nothing beside it counts."""

    def both(data: bytes) -> None:
        began = time.thread_time()
        holds(data)
        assert time.thread_time() - began < SECONDS_FOR_EACH

    return both


def _rounds(seconds: float) -> Iterator[int]:
    if not seconds:
        yield 0
        return
    end = time.monotonic() + seconds
    for number in count(time.time_ns()):
        if time.monotonic() > end:
            return
        yield number
