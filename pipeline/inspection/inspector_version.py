from functools import cache
from typing import Final

from pipeline.inspection.fonts.packaged import version_of, versions

_LIBRARIES: Final = ("pypdfium2", "pikepdf", "pillow", "simplejpeg", "pi-heif", "numpy")


@cache
def inspector_version() -> str:
    """Proofdesk's version, and those of all that a report depends on beside the file and the policy: libraries and fonts.

    Where this is the same, the same file gives the same report, whatever the machine.
    """
    libraries = {name: version_of(name) for name in _LIBRARIES} | versions()
    return f"proofdesk {version_of('proofdesk')}; " + ", ".join(f"{name} {each}" for name, each in libraries.items())
