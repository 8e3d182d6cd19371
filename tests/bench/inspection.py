"""Inspection in full (sandbox, renditions, digest) beside a bare decode of the same bytes in the same run."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import simplejpeg
from PIL import Image

from config.policy import load_policy
from pipeline.inspection.sandbox import Sandbox
from pipeline.inspection.signals.faces import faces
from pipeline.inspection.signals.pixels import shrunk
from pipeline.policy.files import FileLimits
from tests.bench.measure import Measure, interleaved
from tests.bench.photos import Photo, photos
from tests.support.files import photo as small_photo

ROUNDS = 21
TURNS = 15
TWO_TO_ONE = 1.8
EXTRA_MIB = 60.0
FACES_MS = 15.0
SHOWN_SIDE = 512
"""The side of the rendition in which faces are looked for."""

INSPECT_ONLY = "tests.bench.looks:inspect_only"


def measures() -> list[Measure]:
    """All of this part, in a good minute on two idle cores."""
    limits = load_policy().files.avatar
    with TemporaryDirectory(prefix="proofdesk-bench-") as made:
        folder = Path(made)
        found = photos(folder)
        times = [each for photo in found for each in _time(photo, limits)]
        return [*times, *_two_to_one(found, limits), *(_memory(photo, limits, folder) for photo in found)]


def _time(photo: Photo, limits: FileLimits) -> list[Measure]:
    """The quickest of many rounds, as timeit advises: what else the machine does only ever adds."""
    data = photo.path.read_bytes()
    shown = shrunk(Image.open(photo.path).convert("RGB"), SHOWN_SIDE)
    with Sandbox(children=1, examine=INSPECT_ONLY) as bare, Sandbox(children=1) as whole:
        works = (
            lambda: simplejpeg.decode_jpeg(data),
            lambda: bare.inspect(photo.path, limits=limits),
            lambda: whole.inspect(photo.path, limits=limits),
        )
        interleaved(*works, rounds=2)
        decode, inspect, signals = map(min, interleaved(*works, rounds=ROUNDS))
    [found] = map(min, interleaved(lambda: faces(shown), rounds=ROUNDS))
    return [
        Measure(f"{photo.name}: bare decode", decode, "ms"),
        Measure(f"{photo.name}: inspection in full", inspect, "ms"),
        Measure(f"{photo.name}: ratio", inspect / decode, "×", photo.goal),
        Measure(f"{photo.name}: all signals on top", signals - inspect, "ms"),
        Measure(f"{photo.name}: faces", found, "ms", FACES_MS),
    ]


def _two_to_one(found: Sequence[Photo], limits: FileLimits) -> list[Measure]:
    """Files a second of two threads with two children, against one with one; beside it what the machine has to give.

    All photos in turn, as a queue has them. Both sides of a ratio come from the same turn, since the speed of a core changes with
    what its neighbours do.
    """
    bodies = [photo.path.read_bytes() for photo in found]
    with Sandbox(children=1) as one, Sandbox(children=2) as two:
        works = (
            lambda: _run(1, [partial(one.inspect, photo.path, limits=limits) for photo in found]),
            lambda: _run(2, [partial(two.inspect, photo.path, limits=limits) for photo in found]),
            lambda: _run(1, [partial(simplejpeg.decode_jpeg, body) for body in bodies]),
            lambda: _run(2, [partial(simplejpeg.decode_jpeg, body) for body in bodies]),
        )
        interleaved(*works, rounds=1)
        alone, together, alone_bare, together_bare = interleaved(*works, rounds=TURNS)
    return [
        Measure("two bare decoders against one", _twice(alone_bare, together_bare), "×"),
        Measure("two workers against one", _twice(alone, together), "×", TWO_TO_ONE, "at least"),
    ]


def _twice(alone: Sequence[float], together: Sequence[float]) -> float:
    return median(2 * one / two for one, two in zip(alone, together, strict=True))


def _run(workers: int, works: Sequence[Callable[[], object]]) -> None:
    """All of it by each worker, so that none waits for another at the end."""
    with ThreadPoolExecutor(workers) as threads:
        for done in [threads.submit(_all, works) for _ in range(workers)]:
            done.result()


def _all(works: Sequence[Callable[[], object]]) -> None:
    for work in works:
        work()


def _memory(photo: Photo, limits: FileLimits, folder: Path) -> Measure:
    """The peak of a child beyond that for a picture of almost nothing."""
    nothing = folder / "nothing.jpg"
    nothing.write_bytes(small_photo(side=8))
    with Sandbox(children=1) as sandbox:
        before, peak = (sandbox.inspect(path, limits=limits).peak_rss_mib for path in (nothing, photo.path))
    return Measure(f"{photo.name}: peak extra memory", peak - before, "MiB", EXTRA_MIB)
