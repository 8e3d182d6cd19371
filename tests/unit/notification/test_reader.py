from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pipeline.inspection.findings import finding, sentence_of
from pipeline.kernel.translatable import Money, Sentence
from pipeline.notification.catalogues import catalogue_of, locale_of
from pipeline.notification.reader import reader_of

AT = datetime(2026, 7, 3, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "catalogue", "locale"),
    [
        ("zh", "zh_Hans", "zh_Hans"),
        ("zh-CN", "zh_Hans", "zh_Hans"),
        ("zh_Hans_SG", "zh_Hans", "zh_Hans"),
        ("zh-TW", "zh_Hans", "zh_Hans"),
        ("es", "es", "es"),
        ("es-MX", "es", "es_MX"),
        ("es-XX", "es", "es"),
        ("en-GB", "en", "en_GB"),
        ("de-DE", "en", "en"),
        ("xx", "en", "en"),
        ("", "en", "en"),
        ("en-", "en", "en"),
        ("es_419_x_y_z", "es", "es"),
    ],
)
def test_a_member_gets_the_nearest_language_that_there_is(asked: str, catalogue: str, locale: str) -> None:
    found = locale_of(asked)

    assert (catalogue_of(found), str(found)) == (catalogue, locale)


@pytest.mark.parametrize(
    ("locale", "number", "money", "size", "day"),
    [
        ("en", "+12,345", "€12,345.50", "2.9 MB", "Friday, July 3, 2026"),
        ("en-GB", "+12,345", "€12,345.50", "2.9 MB", "Friday, 3 July 2026"),
        ("zh", "+12,345", "€12,345.50", "2.9 MB", "2026年7月3日星期五"),
        ("es", "+12.345", "12.345,50 €", "2,9 MB", "viernes, 3 de julio de 2026"),
        ("es-MX", "+12,345", "EUR12,345.50", "2.9 MB", "viernes, 3 de julio de 2026"),
    ],
)
def test_numbers_money_sizes_and_dates_are_written_as_the_member_writes_them(
    locale: str, number: str, money: str, size: str, day: str
) -> None:
    reader = reader_of(locale)

    assert reader.number(12_345, signed=True) == number
    assert reader.money(Money(Decimal("12345.5"), "EUR")).replace("\xa0", " ") == money
    assert reader.size(3_000_000) == size
    assert reader.day(date(2026, 7, 3)) == day


@pytest.mark.parametrize(
    ("timezone", "says"),
    [
        ("Europe/Berlin", "16:05 (Central European Summer Time)"),
        ("Asia/Shanghai", "22:05 (China Standard Time)"),
        (None, "14:05 UTC"),
        ("Mars/Olympus", "14:05 UTC"),
        ("../etc", "14:05 UTC"),
        ("Europe", "14:05 UTC"),
    ],
)
def test_a_time_is_told_on_the_members_clock_or_in_utc(timezone: str | None, says: str) -> None:
    assert reader_of("en-GB", timezone).clock(AT) == says


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        (
            "en",
            "This is a web page, which cannot be used here. Please upload a JPEG picture, a PNG picture, or a PDF document.",
        ),
        (
            "es",
            "Esto es una página web, que no se puede usar aquí. Suba una imagen JPEG, una imagen PNG o un documento PDF.",
        ),
        ("zh", "这是网页，不能在此使用。请上传JPEG 图片、PNG 图片或PDF 文档。"),
    ],
)
def test_a_finding_is_told_with_its_values_in_the_members_language(locale: str, says: str) -> None:
    allowed = ["a JPEG picture", "a PNG picture", "a PDF document"]
    found = finding("unsupported_type", found="a web page", allowed=allowed, media_type="text/html")

    assert reader_of(locale).translate(sentence_of(found)) == says


def test_what_reviewers_read_of_a_finding_is_what_members_read_in_english() -> None:
    found = [
        finding("unsupported_type", found="a video", allowed=["a JPEG picture"]),
        finding("unsupported_type", found="a video", allowed=["a JPEG picture", "a PNG picture"]),
        finding("type_mismatch", claimed=["image/png", "text/html"], found="image/jpeg"),
        finding("file_too_large", size=25_480_000, limit=20_971_520),
        finding("file_too_large", size=2_000, limit=1_024),
        finding("too_many_pixels", width=20_000, height=10_000, max_pixels=50_000_000, max_side=16_384),
    ]

    assert [reader_of("en").translate(sentence_of(each)) for each in found] == [each.message for each in found]


def test_words_that_the_catalogue_does_not_have_stay_as_they_are() -> None:
    spoken = Sentence(
        "{name} met {others:and} on {day}, {amount}",
        {"name": "阿达", "others": ["Bo", "Cy"], "day": date(2026, 7, 3), "amount": 12_000},
    )

    assert reader_of("es").translate(spoken) == "阿达 met Bo y Cy on viernes, 3 de julio de 2026, 12.000"
