import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from cli.output import AsJson, print_json_line, print_table
from config.policy import load_policy
from pipeline.inspection.confinement.advice import sentence
from pipeline.inspection.inspector_version import inspector_version
from pipeline.inspection.sandbox import Inspected, Sandbox
from pipeline.policy.files import FileLimits

_CHILDREN: Final = 2
_AHEAD: Final = 8
_COLUMNS: Final = ["file", "type", "size", "verdict", "ms", "findings"]

Row = Mapping[str, Any]


class Kind(StrEnum):
    """The purpose of a file; each has its own rules in the policy."""

    AVATAR = "avatar"
    MATERIAL = "material"


Paths = Annotated[list[Path], typer.Argument(help="Files, and folders with all their files.", metavar="PATH…")]


def inspect(
    paths: Paths, kind: Annotated[Kind, typer.Option(help="The purpose of the files.")], as_json: AsJson = False
) -> None:
    """Inspect files like uploads, without any server. --json prints one object a line. Exit 0 also when files are refused."""
    files = load_policy().files
    limits = files.avatar if kind is Kind.AVATAR else files.material
    with Sandbox(children=_CHILDREN, required=False, weakened=_warn) as sandbox:
        rows = _in_order(_files(paths), lambda path: _row(path, sandbox, limits))
        if as_json:
            for row in rows:
                print_json_line(orjson.dumps(row, default=str))
            return
        print_table(_COLUMNS, [_cells(row) for row in rows], empty="There is no file.", folding=("file", "findings"))


def _warn(missing: Mapping[str, str]) -> None:
    """The files are the caller's own, so a weaker sandbox is no reason to refuse them; it is one to say so."""
    sys.stderr.write(f"{sentence(missing)}\n")


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files among the paths and in the folders, by name. Links that lead out of a folder are left out."""
    for path in paths:
        yield from _beneath(path, path.resolve()) if path.is_dir() else (path,)


def _beneath(folder: Path, root: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            names = sorted(each.name for each in found)
    except OSError:
        yield folder  # becomes a row: unreadable
        return
    for name in names:
        path = folder / name
        if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(root)):
            continue
        yield from _beneath(path, root) if path.is_dir() else (path,)


def _in_order(paths: Iterable[Path], look: Callable[[Path], Row]) -> Iterator[Row]:
    """A row for each path, in their order; a few are inspected ahead."""
    with ThreadPoolExecutor(_CHILDREN) as threads:
        pending: deque[Future[Row]] = deque()
        for path in paths:
            pending.append(threads.submit(look, path))
            if len(pending) > _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _row(path: Path, sandbox: Sandbox, limits: FileLimits) -> Row:
    try:
        return _inspected(path, sandbox.inspect(path, limits=limits, filename=path.name))
    except OSError as error:
        return _unreadable(path, error)


def _inspected(path: Path, inspected: Inspected) -> Row:
    report = inspected.report
    return {
        "path": _text(path),
        **{name: getattr(report, name) for name in ("sha256", "media_type", "width", "height", "pages")},
        "verdict": "accepted" if report.accepted else "refused",
        "findings": [
            {"code": each.code, "message": each.message, "severity": each.severity} for each in report.findings
        ],
        "inspector_version": report.inspector_version,
        "signals": inspected.signals,
        "milliseconds": round(inspected.milliseconds, 2),
        "peak_rss_mib": round(inspected.peak_rss_mib, 1),
    }


def _unreadable(path: Path, error: OSError) -> Row:
    message = f"The file cannot be read: {error.strerror}."
    return {
        "path": _text(path),
        **dict.fromkeys(("sha256", "media_type", "width", "height", "pages")),
        "verdict": "refused",
        "findings": [{"code": "unreadable_file", "message": message, "severity": "error"}],
        "inspector_version": inspector_version(),
        "signals": {},
        "milliseconds": 0.0,
        "peak_rss_mib": 0.0,
    }


def _cells(row: Row) -> list[object]:
    size = f"{row['pages']} pages" if row["pages"] else row["width"] and f"{row['width']} × {row['height']}"
    codes = ", ".join(each["code"] for each in row["findings"])
    return [row["path"], row["media_type"], size, row["verdict"], f"{row['milliseconds']:.0f}", codes]


def _text(path: Path) -> str:
    """The path as text; bytes that are not UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")
