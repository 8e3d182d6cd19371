from importlib.resources import files
from io import BytesIO
from typing import Final

from PIL import Image

_FOLDER: Final = files("cli.demo") / "photos"


def photograph(name: str) -> Image.Image:
    """One of the photographs that are listed in photos/SOURCES.md, in RGB or greyscale."""
    image = Image.open(BytesIO((_FOLDER / f"{name}.jpg").read_bytes()))
    image.load()
    return image
