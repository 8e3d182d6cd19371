import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.doctor import font_check
from pipeline.inspection.fonts.packaged import CJK, LATIN, PACKAGES, find_fonts, missing, versions
from pipeline.inspection.fonts.scripts import JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL, Face, faces_for
from pipeline.inspection.inspector_version import inspector_version
from tests.support.pdfs import by_collection

WITHOUT_FONTS = """
import json, sys
from pathlib import Path
sys.modules |= dict.fromkeys(json.loads(sys.argv[2]))
from pipeline.inspection.file import inspect_file
from tests.support.files import file_limits
report = inspect_file(Path(sys.argv[1]), limits=file_limits())
print(json.dumps([report.accepted, [found.code for found in report.findings], report.inspector_version]))
"""


@pytest.mark.parametrize(
    ("texts", "faces"),
    [
        (["Proofdesk", "naïve", "„Grüße“ – 5 €"], ()),
        (["Łódź"], (Face(LATIN),)),
        (["Выписка", "Банк"], (Face(LATIN),)),
        (["สวัสดี"], (Face("NotoSansThai[wght].ttf"),)),
        (["مرحبا", "بنك", "銀"], (Face("NotoSansArabic[wght].ttf"), SIMPLIFIED)),
        (["銀行", "の"], (JAPANESE,)),
        (["銀行", "은행"], (KOREAN,)),
        (["銀行", "ㄅ"], (TRADITIONAL,)),
        (["ༀ", "\U0010fffd"], ()),
    ],
)
def test_a_text_is_given_the_fonts_of_its_scripts(texts: list[str], faces: tuple[Face, ...]) -> None:
    assert faces_for(texts, 3) == faces


def test_no_more_fonts_are_given_than_asked_for() -> None:
    assert len(faces_for(["สวัสดี", "Банк", "שלום", "银行"], 3)) == 3


def test_every_font_that_a_script_may_be_given_is_there() -> None:
    found = find_fonts()
    every = faces_for([chr(code) for code in range(0x100, 0x30000) if not 0xD800 <= code < 0xE000], 100)

    assert len(every) > 20
    assert {face.file for face in every} | {CJK, LATIN} <= set(found)


def test_the_report_names_libraries_and_fonts() -> None:
    assert all(f"{name} {version}" in inspector_version() for name, version in versions().items())
    assert "pypdfium2 " in inspector_version()
    assert "none" not in inspector_version()


def test_a_package_that_is_missing_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (missing(), font_check().fine) == ([], True)

    monkeypatch.setitem(sys.modules, "noto_cjk_sans_otc", None)

    check = font_check()
    assert not check.fine
    assert "noto-cjk-sans-otc none" in check.seen
    assert "Install again: noto-cjk-sans-otc." in check.advice


def test_without_any_font_the_reviewer_is_warned(tmp_path: Path) -> None:
    path = tmp_path / "upload.pdf"
    path.write_bytes(
        by_collection("銀行".encode("shift_jis"), encoding="90ms-RKSJ-H", ordering="Japan1", font="MS-Gothic")
    )
    command = [sys.executable, "-c", WITHOUT_FONTS, str(path), json.dumps(list(PACKAGES))]

    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])

    accepted, codes, version = json.loads(ended.stdout)
    assert accepted
    assert codes == ["unseen_text"]
    assert "noto-cjk-sans-otc none" in version
