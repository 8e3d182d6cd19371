"""What `NEAR` rests on: how far a picture's hash goes from its origin when it is changed, and how far others are."""

from collections.abc import Callable
from itertools import combinations

import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from pipeline.inspection.fingerprints import NEAR
from pipeline.inspection.signals.phash import fingerprint
from tests.support.files import noise
from tests.support.signals import encoded, photo, picture

PHOTOS = ("portrait", "photographer", "cat", "coffee", "rocket", "gravel", "galaxies")
OTHERS_ARE_BEYOND = 15

Change = Callable[[Image.Image], Image.Image]


def scaled(factor: float) -> Change:
    return lambda image: image.resize((round(image.width * factor), round(image.height * factor)))


def cropped(share: float) -> Change:
    return lambda image: ImageOps.crop(image, round(image.width * share))


SLIGHT: dict[str, Change] = {
    "quality 90": lambda image: picture(encoded(image, 90)),
    "quality 50": lambda image: picture(encoded(image, 50)),
    "quality 20": lambda image: picture(encoded(image, 20)),
    "half the size": scaled(0.5),
    "twice the size": scaled(2),
    "another shape": lambda image: image.resize((300, 400)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
    "more colour": lambda image: ImageEnhance.Color(image).enhance(1.6),
    "no colour": lambda image: image.convert("L").convert("RGB"),
    "softer": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "cropped by 1 %": cropped(0.01),
    "cropped by 2 %": cropped(0.02),
    "turned by a degree": lambda image: image.rotate(1, Image.Resampling.BICUBIC),
}


def hashed(image: Image.Image) -> int:
    """Of the small rendition that an avatar would have."""
    small = image.copy()
    small.thumbnail((128, 128), Image.Resampling.LANCZOS)
    found = fingerprint(small)
    assert found is not None
    return int(found, 16)


def distance(one: Image.Image, other: Image.Image) -> int:
    return (hashed(one) ^ hashed(other)).bit_count()


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("change", SLIGHT)
def test_a_slightly_changed_picture_is_near_its_origin(name: str, change: str) -> None:
    assert distance(photo(name), SLIGHT[change](photo(name))) <= NEAR


@pytest.mark.parametrize(("one", "other"), list(combinations(PHOTOS, 2)))
def test_two_pictures_are_far_apart(one: str, other: str) -> None:
    assert distance(photo(one), photo(other)) > OTHERS_ARE_BEYOND


@pytest.mark.parametrize("name", PHOTOS)
def test_a_mirrored_picture_is_another_one(name: str) -> None:
    assert distance(photo(name), ImageOps.mirror(photo(name))) > OTHERS_ARE_BEYOND


def test_the_hash_is_16_hexadecimal_digits_and_always_the_same() -> None:
    first, second = fingerprint(photo("portrait")), fingerprint(photo("portrait"))

    assert first is not None
    assert first == second
    assert len(first) == 16
    assert int(first, 16) >= 0


@pytest.mark.parametrize("colour", ["white", "black", "#8090a0"])
def test_a_picture_of_one_colour_has_none(colour: str) -> None:
    assert fingerprint(Image.new("RGB", (200, 100), colour)) is None


@pytest.mark.parametrize("size", [(1, 300), (300, 1), (2, 2)])
def test_a_picture_of_any_shape_is_hashed_without_an_error(size: tuple[int, int]) -> None:
    found = fingerprint(noise(size, 90).convert("RGB"))

    assert found is None or len(found) == 16
