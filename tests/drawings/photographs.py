from pathlib import Path
from typing import Final

from PIL import Image

_FOLDER: Final = Path(__file__).parent / "photos"


def photograph(name: str) -> Image.Image:
    """One of the photographs that are listed in photos/SOURCES.md, in RGB or greyscale."""
    image = Image.open(_FOLDER / f"{name}.jpg")
    image.load()
    return image
