"""Where the fonts are: in packages of data under the SIL Open Font License, locked by their digests. Nothing here opens a font."""

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final

PACKAGES: Final = {"noto_cjk_sans_otc": "noto-cjk-sans-otc", "manimgx_fonts": "manimgx-fonts"}
"""The folder of each package, and its name for an installer."""

CJK: Final = "NotoSansCJK-Regular.ttc"
"""Chinese, Japanese and Korean."""

LATIN: Final = "NotoSans[wght].ttf"
"""Latin with all its accents, Greek and Cyrillic. Each other script has a file of its own beside it."""


def find_fonts() -> dict[str, Path]:
    """The fonts that are installed, by the names of their files."""
    folders = [Path(each) for name in PACKAGES for each in _folders(name)]
    return {path.name: path for folder in folders for path in sorted(folder.glob("Noto*.tt[cf]"))}


def versions() -> dict[str, str]:
    """The version of each package of fonts, "none" for one that is missing."""
    return {package: version_of(package) if _folders(name) else "none" for name, package in PACKAGES.items()}


def missing() -> list[str]:
    """The packages that are not installed, or that lack their fonts."""
    found = find_fonts()
    there = {"noto-cjk-sans-otc": CJK in found, "manimgx-fonts": LATIN in found}
    return [package for package, fine in there.items() if not fine]


def version_of(package: str) -> str:
    """The version of an installed package, "none" for one that is missing."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _folders(name: str) -> list[str]:
    """The package's folders. It is not imported: its fonts are all that is wanted of it."""
    spec = find_spec(name)
    return list(spec.submodule_search_locations or ()) if spec else []
