import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from tests.support.files import file_limits

LIMITS = file_limits(
    media_types=("application/pdf",),
    max_bytes=20 * 1024 * 1024,
    max_pages=5,
    large_side=512,
    small_side=128,
    page_side=400,
    quality=85,
)
Inspect = Callable[..., FileReport]


def document(pages: int = 1, size: tuple[float, float] = (595, 842)) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=True)
    for number in range(pages):
        canvas.drawString(72, 72, f"Page {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def protected(*, user: str, owner: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user=user, owner=owner))
    return out.getvalue()


def darkest(image: Image.Image) -> int:
    return next(level for level, count in enumerate(image.histogram()) if count)


def codes(report: FileReport) -> set[str]:
    return {found.code for found in report.findings}


def test_a_pdf_of_three_pages_gives_three_previews_and_one_small(inspect: Inspect) -> None:
    report = inspect(document(3))

    assert report.accepted
    assert (report.pages, report.width, report.height) == (3, None, None)
    assert sorted((each.purpose, each.page) for each in report.renditions) == [
        ("large", 1),
        ("large", 2),
        ("large", 3),
        ("small", 1),
    ]


def test_a_page_fits_the_page_side_and_its_small_rendition_the_small_side(inspect: Inspect) -> None:
    sizes = {each.purpose: (each.width, each.height) for each in inspect(document()).renditions}

    assert sizes == {"large": (283, 400), "small": (91, 128)}


def test_a_page_shows_what_is_written_on_it(inspect: Inspect) -> None:
    image = Image.open(io.BytesIO(inspect(document()).renditions[0].body)).convert("L")

    assert darkest(image) < 100
    assert image.getpixel((0, 0)) == 255


def test_what_was_filled_into_a_form_is_shown(inspect: Inspect) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(300, 300))
    canvas.acroForm.textfield(name="name", value="MMMMMMMM", x=20, y=100, width=260, height=40, borderWidth=0)
    canvas.showPage()
    canvas.save()

    image = Image.open(io.BytesIO(inspect(out.getvalue()).renditions[0].body)).convert("L")

    assert darkest(image) < 100


def test_a_pdf_that_asks_for_a_password_is_refused(inspect: Inspect) -> None:
    assert codes(inspect(protected(user="secret", owner="owner"))) == {"pdf_encrypted"}


def test_a_pdf_that_only_forbids_changes_is_accepted(inspect: Inspect) -> None:
    assert inspect(protected(user="", owner="owner")).accepted


def test_a_pdf_of_too_many_pages_is_refused_and_not_drawn(inspect: Inspect) -> None:
    report = inspect(document(6))

    assert codes(report) == {"pdf_too_many_pages"}
    assert (report.pages, report.renditions) == (6, ())


@pytest.mark.parametrize(
    "body", [b"", b"garbage" * 100, bytes(range(256)) * 40, b"1 0 obj<</Type/Catalog>>endobj trailer<<>>"]
)
def test_a_pdf_signature_followed_by_garbage_is_unreadable(inspect: Inspect, body: bytes) -> None:
    assert codes(inspect(b"%PDF-1.7\n" + body)) == {"pdf_unreadable"}


@pytest.mark.parametrize("size", [(14400, 14400), (14400, 1), (3, 3), (1e9, 1e9), (1e-9, 5)])
def test_a_page_of_any_size_ends_in_a_preview_within_bounds_or_a_refusal(
    inspect: Inspect, size: tuple[float, float]
) -> None:
    report = inspect(document(1, size))

    assert codes(report) <= {"page_without_size", "unseen_text"}
    assert max((max(each.width, each.height) for each in report.renditions), default=0) <= 400


def test_pdfs_can_be_inspected_in_several_threads_at_once(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(document(3))

    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda _: inspect_file(path, limits=LIMITS), range(12)))

    assert len({report.renditions[0].sha256 for report in reports}) == 1
