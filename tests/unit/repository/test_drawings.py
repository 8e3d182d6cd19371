from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from tests.drawings import AVATARS, BAD, KINDS, DemoFile, avatar_photo, bad_file, material
from tests.drawings.bad_files import grown
from tests.drawings.bomb import black_png

THREE_MIB = 3 * 1024 * 1024
ORIENTATION, GPS = 274, 0x8825

PROOFS = [
    ("online_retailer", "store_back_office"),
    ("online_retailer", "store_flow"),
    ("offline_retailer", "store_photo"),
    ("offline_retailer", "business_licence"),
    ("offline_retailer", "bank_statement"),
    ("wholesaler", "bank_statement"),
    ("service_provider", "bank_statement"),
    ("manufacturer", "bank_statement"),
    ("influencer", "social_media_home"),
    ("organization", "bank_statement"),
    ("other", "bank_statement"),
]
FACTS = {
    "store_back_office": {"store_name", "order_information"},
    "store_flow": {"period_from", "period_to", "amount", "currency"},
    "store_photo": {"store_name"},
    "business_licence": {"entity_name"},
    "bank_statement": {"period_from", "period_to", "amount", "currency", "company_name"},
    "social_media_home": {"account", "followers"},
}
PICTURES = {
    "store_back_office": ("PNG", (1440, 900)),
    "social_media_home": ("PNG", (1440, 900)),
    "store_photo": ("JPEG", (2000, 1500)),
    "business_licence": ("JPEG", (1654, 2339)),
}


def opened(file: DemoFile) -> Image.Image:
    image = Image.open(BytesIO(file.body))
    image.load()
    return image


def pages_of(file: DemoFile) -> list[str]:
    document = pypdfium2.PdfDocument(file.body)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def as_printed(facts: Mapping[str, str | int]) -> tuple[str, str]:
    first, last = (date.fromisoformat(str(facts[key])) for key in ("period_from", "period_to"))
    amount = f"{facts['currency']} {Decimal(str(facts['amount'])):,.2f}"
    return f"{first:%d %b %Y} to {last:%d %b %Y}", amount


drawn = cache(material)
"""Each file is drawn once: a photograph takes more than a second."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_give_the_same_file_and_another_seed_gives_another_one(kind: str) -> None:
    once = drawn(kind, identity="offline_retailer", seed=1)

    assert material(kind, identity="offline_retailer", seed=1) == once
    assert drawn(kind, identity="offline_retailer", seed=7).body != once.body


@pytest.mark.parametrize(("identity", "kind"), PROOFS)
def test_a_material_states_what_its_kind_must_show(identity: str, kind: str) -> None:
    assert set(drawn(kind, identity=identity, seed=1).facts) == FACTS[kind]


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_has_the_type_and_extent_it_should(kind: str) -> None:
    file = drawn(kind, identity="offline_retailer", seed=1)
    image = opened(file)

    assert (image.format, image.size) == PICTURES[kind]
    assert Image.MIME[str(image.format)] == file.media_type
    assert len(file.body) < THREE_MIB


@pytest.mark.parametrize(("identity", "kind"), [pair for pair in PROOFS if pair[1] in {"bank_statement", "store_flow"}])
@pytest.mark.parametrize("seed", range(6))
def test_a_statement_prints_its_facts(identity: str, kind: str, seed: int) -> None:
    file = material(kind, identity=identity, seed=seed)
    period, amount = as_printed(file.facts)
    first_page = pages_of(file)[0]

    assert file.media_type == "application/pdf"
    assert period in first_page
    assert amount in first_page
    assert str(file.facts.get("company_name", "")) in first_page


@pytest.mark.parametrize("months", [1, 2, 3])
def test_a_bank_statement_has_a_page_for_about_each_month(months: int) -> None:
    pages = pages_of(material("bank_statement", identity="wholesaler", seed=months - 1))

    assert len(pages) == months
    assert f"Page {months} of {months}" in pages[-1]


def test_one_member_is_named_alike_on_all_papers() -> None:
    licence = drawn("business_licence", identity="offline_retailer", seed=7)
    statement = drawn("bank_statement", identity="offline_retailer", seed=7)

    assert licence.facts["entity_name"] == statement.facts["company_name"]


def test_a_handle_has_only_letters_that_a_handle_may_have() -> None:
    account = material("social_media_home", identity="offline_retailer", seed=0).facts["account"]

    assert account == "@b_ckerei_sommerfeld"


@pytest.mark.parametrize("name", AVATARS)
def test_an_avatar_is_a_jpeg_of_at_most_three_mebibytes(name: str) -> None:
    file = avatar_photo(name)

    assert opened(file).format == file.media_type.removeprefix("image/").upper() == "JPEG"
    assert len(file.body) <= THREE_MIB
    assert file == avatar_photo(name)


def test_avatars_differ() -> None:
    assert len({avatar_photo(name).body for name in AVATARS}) == len(AVATARS) >= 5


def test_the_large_avatar_comes_close_to_the_limit() -> None:
    assert 1_500_000 < len(avatar_photo("large").body) < 2_900_000


def test_the_sideways_avatar_says_how_to_turn_it_and_where_it_was_taken() -> None:
    exif = opened(avatar_photo("sideways_with_gps")).getexif()

    assert exif[ORIENTATION] == 6
    assert exif.get_ifd(GPS)[1] == "N"


def test_one_avatar_is_progressive_and_one_is_grey() -> None:
    assert opened(avatar_photo("progressive")).info["progressive"]
    assert opened(avatar_photo("greyscale")).mode == "L"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_has_a_believable_name(name: str) -> None:
    assert bad_file(name).filename.endswith((".jpg", ".png", ".pdf"))


def test_the_cut_jpeg_begins_well_and_breaks_off() -> None:
    with pytest.raises(OSError, match="truncated"):
        opened(bad_file("cut_jpeg"))


def test_the_png_named_jpg_is_a_png() -> None:
    file = bad_file("png_named_jpg")

    assert (file.media_type, file.filename[-4:], opened(file).format) == ("image/jpeg", ".jpg", "PNG")


def test_the_too_large_jpeg_is_sound_and_one_byte_over() -> None:
    file = bad_file("one_byte_too_large")

    assert len(file.body) == THREE_MIB + 1
    assert opened(file).size == (2700, 2700)


@pytest.mark.parametrize("missing", [4, 5, 65_537, 65_538, 65_540, 65_541, 131_075])
def test_a_jpeg_grows_by_exactly_what_is_missing(missing: int) -> None:
    jpeg = avatar_photo("close_up").body
    longer = grown(jpeg, len(jpeg) + missing)

    assert len(longer) == len(jpeg) + missing
    assert list(Image.open(BytesIO(longer)).tobytes()) == list(Image.open(BytesIO(jpeg)).tobytes())


def test_a_jpeg_cannot_grow_by_less_than_a_comment() -> None:
    jpeg = avatar_photo("close_up").body

    with pytest.raises(ValueError, match="3 bytes"):
        grown(jpeg, len(jpeg) + 3)


def test_the_empty_file_is_empty() -> None:
    assert bad_file("zero_bytes").body == b""


def test_the_bomb_is_small_and_claims_900_million_pixels() -> None:
    file = bad_file("decompression_bomb")

    assert len(file.body) < 1_000_000
    assert file.body[16:24] == (30_000).to_bytes(4) * 2
    with pytest.raises(Image.DecompressionBombError):
        opened(file)


def test_a_bomb_is_a_valid_png_all_the_way() -> None:
    image = opened(DemoFile("small.png", "image/png", black_png(400)))

    assert (image.size, image.getextrema()) == ((400, 400), (0, 0))


def test_the_encrypted_statement_needs_its_password() -> None:
    body = BytesIO(bad_file("encrypted_pdf").body)

    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(body)
    with pikepdf.open(body, password="my-date-of-birth") as document:
        assert len(document.pages) == 2
