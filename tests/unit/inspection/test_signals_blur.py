"""The scores that the threshold of 0.28 rests on: the demo's photographs, blurred by a Gaussian at 512 pixels a side.

| radius       |    0 |    1 |    2 |    3 |    4 |    6 |
|--------------|------|------|------|------|------|------|
| portrait     | 0.51 | 0.39 | 0.22 | 0.15 | 0.11 | 0.11 |
| photographer | 0.71 | 0.60 | 0.37 | 0.27 | 0.21 | 0.15 |
| cat          | 0.64 | 0.36 | 0.16 | 0.13 | 0.12 | 0.11 |
| coffee       | 0.62 | 0.42 | 0.19 | 0.13 | 0.12 | 0.10 |
| rocket       | 0.68 | 0.53 | 0.25 | 0.16 | 0.12 | 0.09 |
| gravel       | 0.55 | 0.44 | 0.27 | 0.18 | 0.13 | 0.13 |
| galaxies     | 0.71 | 0.54 | 0.28 | 0.17 | 0.15 | 0.11 |
"""

from typing import Any

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from pipeline.inspection.signals.blur import blur
from tests.drawings import AVATARS, KINDS, avatar_photo, material
from tests.support.files import noise
from tests.support.signals import encoded, photo, picture

PHOTOS = ("portrait", "photographer", "cat", "coffee", "rocket", "gravel", "galaxies")
PICTURES = ("store_back_office", "store_photo", "social_media_home")


def judged(image: Image.Image) -> dict[str, Any]:
    found = blur(image)
    assert found is not None
    return found


def softened(name: str, radius: float) -> Image.Image:
    return photo(name).filter(ImageFilter.GaussianBlur(radius))


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("radius", [0, 1])
def test_a_sharp_photograph_is_not_called_blurred(name: str, radius: float) -> None:
    assert not judged(softened(name, radius))["blurred"]


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("radius", [3, 4, 6, 8])
def test_a_blurred_one_is(name: str, radius: float) -> None:
    assert judged(softened(name, radius))["blurred"]


@pytest.mark.parametrize("name", PHOTOS)
def test_the_score_falls_with_every_step_until_nothing_sharp_is_left(name: str) -> None:
    scores = [judged(softened(name, radius))["score"] for radius in (0, 1, 2, 3)]

    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < scores[0] < 1


@pytest.mark.parametrize("name", ["portrait", "photographer", "gravel"])
@pytest.mark.parametrize("side", [256, 400, 1024])
def test_the_score_does_not_depend_on_the_size(name: str, side: int) -> None:
    image = photo(name)

    assert judged(image.resize((side, side)))["score"] == pytest.approx(judged(image)["score"], abs=0.05)


@pytest.mark.parametrize("factor", [0.6, 1.3])
def test_nor_on_brightness_and_contrast(factor: float) -> None:
    image = photo("portrait")
    changed = ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(factor)).enhance(factor)

    assert judged(changed)["score"] == pytest.approx(judged(image)["score"], abs=0.05)


def test_a_sharp_subject_before_a_soft_ground_is_not_blurred() -> None:
    soft = softened("portrait", 8)
    soft.paste(photo("portrait").crop((140, 30, 300, 230)), (140, 30))

    assert not judged(soft)["blurred"]


def test_a_poor_jpeg_of_a_blurred_picture_stays_blurred() -> None:
    assert judged(picture(encoded(softened("portrait", 4), quality=40)))["blurred"]


@pytest.mark.parametrize("name", AVATARS)
def test_no_avatar_of_the_demo_is_called_blurred(name: str) -> None:
    assert not judged(picture(avatar_photo(name).body))["blurred"]


@pytest.mark.parametrize("kind", PICTURES)
def test_no_picture_that_proves_something_is(kind: str) -> None:
    assert kind in KINDS
    assert not judged(picture(material(kind, identity="influencer", seed=1).body))["blurred"]


@pytest.mark.parametrize(
    "image", [Image.new("RGB", (512, 512), "white"), Image.new("RGB", (1, 1)), Image.new("RGB", (512, 1))]
)
def test_a_picture_without_contrast_is_not_judged(image: Image.Image) -> None:
    assert blur(image) is None


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (3, 300), (300, 3), (9, 9)])
def test_a_picture_of_any_shape_is_judged_without_an_error(size: tuple[int, int]) -> None:
    found = blur(noise(size, 80).convert("RGB"))

    assert found is None or 0 <= found["score"] <= 1
