"""Reads words off pictures by tesseract, where it is installed. It is a program of its own, and runs confined like a decoder.

It may run nothing but itself, read its data and the system's libraries, and write to its output; it has no network, and limits of
time and memory. Where the machine cannot confine it so, no words are read.
"""

import json
import math
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipeline.inspection.report import PageText, Rendition, Word

_SECONDS: Final = 20.0
_SURE: Final = 40.0
_COLUMNS: Final = 12
_WORD: Final = "5"
_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_WORDS: Final = 20_000
_LONGEST_WORD: Final = 100
_BLOCK: Final = 65_536
_START: Final = (
    "import sys; sys.path[:] = sys.argv[2].split('\\n'); "
    "from pipeline.inspection.confinement.program import main; main(sys.argv[1])"
)
_DATA: Final = ("/usr/share/tesseract-ocr", "/usr/share/tessdata", "/usr/local/share/tessdata")
_HANDED_ON: Final = ("LD_LIBRARY_PATH", "TESSDATA_PREFIX")


def read_pages(
    renditions: Sequence[Rendition], *, languages: str = "eng", seconds: float = _SECONDS
) -> tuple[PageText, ...]:
    """The words on every large rendition, as `matches` takes them; none where tesseract is missing, fails or takes longer.

    `languages` as tesseract counts them ("eng+deu"), `seconds` for each page. Sides are in pixels of the rendition. Only
    renditions are read: pixels that we encoded, never a member's own bytes.
    """
    program = shutil.which("tesseract")
    if program is None:
        return ()
    large = [each for each in renditions if each.purpose == "large"]
    return tuple(
        PageText(each.page, each.width, each.height, tuple(words_of(_read(program, each, languages, seconds), each)))
        for each in large
    )


def words_of(table: str, rendition: Rendition) -> Iterator[Word]:
    """The words of tesseract's table (its TSV output) that it is at least 40 % sure of. What is no such table has none."""
    found = 0
    for line in table.splitlines():
        with suppress(ValueError):
            if found < _MOST_WORDS and (word := _word(line.split("\t"), rendition)):
                found += 1
                yield word


def _word(cells: Sequence[str], rendition: Rendition) -> Word | None:
    """Raises ValueError for what is no number."""
    if len(cells) != _COLUMNS or cells[0] != _WORD or not cells[11].strip() or not float(cells[10]) >= _SURE:
        return None
    left, top, wide, high = (int(cell) for cell in cells[6:10])
    if not (0 <= left <= left + wide <= rendition.width and 0 <= top <= top + high <= rendition.height):
        return None
    x0, x1 = left / rendition.width, (left + wide) / rendition.width
    y0, y1 = top / rendition.height, (top + high) / rendition.height
    return Word(cells[11].strip()[:_LONGEST_WORD], x0, y0, x1, y1)


def _read(program: str, rendition: Rendition, languages: str, seconds: float) -> str:
    environment = {"OMP_THREAD_LIMIT": "1"} | {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    order = {
        "command": [str(Path(program).resolve()), "stdin", "stdout", "-l", languages, "--psm", "6", "tsv"],
        "environment": environment,
        "readable": [*_DATA, *([os.environ["TESSDATA_PREFIX"]] if "TESSDATA_PREFIX" in os.environ else [])],
        "seconds": math.ceil(seconds),
    }
    path = "\n".join(str(Path(each).absolute()) for each in sys.path)
    with tempfile.TemporaryFile() as picture:
        picture.write(rendition.body)
        picture.seek(0)
        try:
            with subprocess.Popen(  # noqa: S603  # this very interpreter, with our own program
                [sys.executable, "-I", "-c", _START, json.dumps(order), path],
                stdin=picture,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=environment,
                start_new_session=True,
            ) as running:
                return _output(running, time.monotonic() + seconds)
        except OSError:
            return ""


def _output(running: subprocess.Popen[bytes], deadline: float) -> str:
    """All that it writes, or nothing where it writes too much, takes too long or fails."""
    said = bytearray()
    try:
        with selectors.DefaultSelector() as waiting:
            waiting.register(running.stdout or 0, selectors.EVENT_READ)
            while waiting.select(max(deadline - time.monotonic(), 0)) and len(said) <= _MOST_BYTES:
                block = os.read(running.stdout.fileno() if running.stdout else 0, _BLOCK)
                if not block:
                    ended = running.wait(max(deadline - time.monotonic(), 0))
                    return said.decode("utf-8", errors="replace") if ended == 0 else ""
                said += block
    except subprocess.TimeoutExpired:
        pass
    finally:
        running.kill()
    return ""
