"""Files that nobody in this project made; see the corpus's own page on where they are from."""

import io
import re
import time
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from tests.support.files import file_limits

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
LIMITS = file_limits(
    media_types=("image/jpeg", "image/png", "image/webp", "application/pdf"),
    max_bytes=20 * 1024 * 1024,
    large_side=512,
    small_side=128,
    page_side=800,
    quality=85,
)
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not on this machine")


def files(folder: str) -> list[Path]:
    return sorted(path for path in (CORPUS / folder).glob("*") if path.is_file())


def named(path: Path) -> str:
    return path.name


def thumbnail(report: FileReport) -> Image.Image:
    image = Image.open(io.BytesIO(report.renditions[0].body), formats=["JPEG"])
    return image.convert("L").resize((32, 32))


@pytest.mark.parametrize("path", files("photos"), ids=named)
def test_a_camera_photo_is_accepted_without_a_finding(path: Path) -> None:
    avatar = LIMITS.model_copy(update={"media_types": ("image/jpeg",), "max_bytes": 3 * 1024 * 1024})

    report = inspect_file(path, limits=avatar, declared_type="image/jpeg", filename=path.name)

    assert report.findings == ()
    assert len(report.renditions) == 2


@pytest.mark.parametrize("path", files("orientation"), ids=named)
def test_a_photo_comes_out_upright_whatever_its_orientation(path: Path) -> None:
    upright = inspect_file(path.with_name(re.sub(r"\d", "1", path.name)), limits=LIMITS)

    report = inspect_file(path, limits=LIMITS)

    assert report.findings == ()
    assert (report.renditions[0].width, report.renditions[0].height) == (
        upright.renditions[0].width,
        upright.renditions[0].height,
    )
    assert ImageStat.Stat(ImageChops.difference(thumbnail(report), thumbnail(upright))).mean[0] < 6


@pytest.mark.parametrize("path", files("hostile/images") + files("hostile/pdf"), ids=named)
def test_a_hostile_file_ends_in_a_report_in_good_time(path: Path) -> None:
    start = time.process_time()

    report = inspect_file(path, limits=LIMITS, filename=path.name)

    assert time.process_time() - start < 10
    assert report.accepted == bool(report.renditions)


@pytest.mark.parametrize("path", files("hostile/pdf"), ids=named)
def test_a_pdf_with_script_launch_or_network_actions_is_refused(path: Path) -> None:
    report = inspect_file(path, limits=LIMITS, filename=path.name)

    assert {found.code for found in report.findings} == {"pdf_active_content"}


REFUSED = {
    "libreoffice-writer-password.pdf": {"pdf_encrypted"},
    "pdflatex-forms.pdf": {"pdf_active_content"},  # its button sends what is filled in to a server
}


@pytest.mark.parametrize("path", files("documents"), ids=named)
def test_a_harmless_document_is_accepted_unless_it_is_encrypted_or_sends(path: Path) -> None:
    report = inspect_file(path, limits=LIMITS, filename=path.name)

    assert {found.code for found in report.findings} == REFUSED.get(path.name, set())
