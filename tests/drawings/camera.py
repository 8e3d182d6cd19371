"""What a camera or a scanner does to a picture."""

from io import BytesIO
from random import Random
from typing import Final

from PIL import Image, ImageChops, ImageFilter

_MAKE: Final = 271
_MODEL: Final = 272
_TAKEN: Final = 306
_MIDDLE: Final = 128


def grain(image: Image.Image, draw: Random, strength: float) -> Image.Image:
    """Add brightness noise of about `strength` levels to an RGB or greyscale image."""
    pair = (Image.frombytes("L", image.size, draw.randbytes(image.width * image.height)) for _ in range(2))
    noise = Image.blend(next(pair), next(pair), 0.5)
    quiet = noise.point([round(_MIDDLE + (level - _MIDDLE) * strength / 50) for level in range(256)])
    layer = Image.merge("RGB", (quiet, quiet, quiet)) if image.mode == "RGB" else quiet
    return ImageChops.add(image, layer, offset=-_MIDDLE)


def blotches(size: tuple[int, int], draw: Random, *, cells: int, depth: int) -> Image.Image:
    """Make a soft greyscale map of uneven light, `depth` levels deep, to multiply a picture by."""
    small = Image.frombytes("L", (cells, cells), draw.randbytes(cells * cells))
    soft = small.filter(ImageFilter.GaussianBlur(1)).resize(size, Image.Resampling.BICUBIC)
    return soft.point([255 - depth + round(level * depth / 255) for level in range(256)])


def shade(image: Image.Image, light: Image.Image) -> Image.Image:
    """Multiply an RGB image by a greyscale map of the light on it."""
    return ImageChops.multiply(image, Image.merge("RGB", (light, light, light)))


def vignette(image: Image.Image, depth: int) -> Image.Image:
    """Darken the corners by up to `depth` levels in 255."""
    far = Image.radial_gradient("L").point([255 - round(depth * (level / 255) ** 2) for level in range(256)])
    return shade(image, far.resize(image.size, Image.Resampling.BICUBIC))


def phone_exif(model: str, taken: str) -> Image.Exif:
    """Write the EXIF of a phone: its maker, its model and when the picture was taken."""
    exif = Image.Exif()
    exif[_MAKE], exif[_MODEL], exif[_TAKEN] = model.split(maxsplit=1)[0], model, taken
    return exif


def jpeg(image: Image.Image, *, quality: int = 85, progressive: bool = False, exif: Image.Exif | None = None) -> bytes:
    """Give the image as the bytes of a JPEG at 200 dots to the inch."""
    file = BytesIO()
    image.save(file, "JPEG", quality=quality, progressive=progressive, exif=exif or Image.Exif(), dpi=(200, 200))
    return file.getvalue()
