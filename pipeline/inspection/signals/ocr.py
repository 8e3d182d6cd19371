"""Reads words off pictures by tesseract, where it is installed. It starts a process, so it runs outside the sandbox."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.inspection.report import PageText, Rendition, Word

_SECONDS: Final = 20.0
_SURE: Final = 40.0
_COLUMNS: Final = 12
_WORD: Final = "5"


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
    """The words of tesseract's table (its TSV output) that it is at least 40 % sure of."""
    for line in table.splitlines():
        cells = line.split("\t")
        if len(cells) == _COLUMNS and cells[0] == _WORD and cells[11].strip() and float(cells[10]) >= _SURE:
            left, top, wide, high = (int(cell) for cell in cells[6:10])
            x0, x1 = left / rendition.width, (left + wide) / rendition.width
            y0, y1 = top / rendition.height, (top + high) / rendition.height
            yield Word(cells[11].strip(), x0, y0, x1, y1)


def _read(program: str, rendition: Rendition, languages: str, seconds: float) -> str:
    command = [program, "stdin", "stdout", "-l", languages, "--psm", "6", "tsv"]
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command; the picture goes in by its standard input
            command,
            input=rendition.body,
            capture_output=True,
            timeout=seconds,
            check=True,
            env={"OMP_THREAD_LIMIT": "1"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", errors="replace")
