import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw

from pipeline.inspection.report import FileReport
from tests.support.files import file_limits, noise

LIMITS = file_limits(
    media_types=("image/jpeg", "image/png", "image/webp"),
    max_bytes=20 * 1024 * 1024,
    large_side=512,
    small_side=128,
    page_side=512,
    quality=88,
)
Inspect = Callable[..., FileReport]


def scene(size: tuple[int, int] = (800, 600), mode: str = "RGB") -> Image.Image:
    """A picture with detail everywhere and a red corner at the top left."""
    ramp = Image.linear_gradient("L").resize(size)
    image = Image.merge("RGB", [noise(size, 60), ramp, Image.new("L", size, 90)])
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 3, size[1] // 3), "red")
    return image.convert(mode)


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@cache
def encoded_scene(form: str = "JPEG", **options: Any) -> bytes:
    """Made once, since many tests begin with it."""
    return encoded(scene(), form, **options)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def shown(report: FileReport, index: int = 0) -> Image.Image:
    image = Image.open(io.BytesIO(report.renditions[index].body), formats=["JPEG"])
    image.load()
    return image


def colour(report: FileReport, at: tuple[float, float] = (0.5, 0.5)) -> tuple[int, int, int]:
    image = shown(report)
    red, green, blue = (
        image.convert("RGB")
        .crop((0, 0, *image.size))
        .getpixel(  # type: ignore[misc]
            (int(at[0] * (image.width - 1)), int(at[1] * (image.height - 1)))
        )
    )
    return red, green, blue


def codes(report: FileReport) -> set[str]:
    return {found.code for found in report.findings}


CUTS = [1 / 1000, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999]


@pytest.mark.parametrize("share", CUTS)
@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
def test_a_jpeg_cut_anywhere_is_refused_as_truncated(inspect: Inspect, share: float, options: dict[str, Any]) -> None:
    data = encoded_scene(quality=90, **options)

    report = inspect(data[: max(4, int(len(data) * share))])

    assert codes(report) == {"truncated_image"}


@pytest.mark.parametrize("missing", [3, 100])
def test_a_jpeg_without_its_last_bytes_is_refused_as_truncated(inspect: Inspect, missing: int) -> None:
    assert codes(inspect(encoded_scene()[:-missing])) == {"truncated_image"}


@pytest.mark.parametrize("share", CUTS[1:])
@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_png_or_webp_cut_anywhere_is_refused_as_truncated(inspect: Inspect, share: float, form: str) -> None:
    data = encoded_scene(form)

    assert "truncated_image" in codes(inspect(data[: int(len(data) * share)]))


def test_a_cut_jpeg_that_was_given_an_end_marker_is_refused(inspect: Inspect) -> None:
    data = encoded_scene()

    assert codes(inspect(data[: len(data) // 2] + b"\xff\xd9")) == {"corrupt_image"}


def test_a_jpeg_with_a_stretch_of_zeros_is_refused_as_corrupt(inspect: Inspect) -> None:
    data = bytearray(encoded_scene(quality=90))
    data[len(data) // 2 : len(data) // 2 + 4096] = bytes(4096)

    assert codes(inspect(bytes(data))) == {"corrupt_image"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:20] + b"stray bytes" + data[20:],
        lambda data: data[:-2] + bytes(5000) + data[-2:],
        lambda data: data[:-2] + b"\xff" * 64 + data[-2:],
        lambda data: data + b"a video appended by a telephone" * 100,
        lambda data: data.replace(b"JFIF\0\x01", b"JFIF\0\x07"),
    ],
    ids=["stray bytes in the header", "zeros before the end", "fill before the end", "a trailer", "a new JFIF version"],
)
def test_what_cameras_add_to_a_whole_photo_is_not_held_against_it(
    inspect: Inspect, spoil: Callable[[bytes], bytes]
) -> None:
    report = inspect(spoil(encoded_scene()))

    assert report.findings == ()


def test_a_few_bytes_left_over_at_the_end_are_only_a_warning(inspect: Inspect) -> None:
    data = encoded_scene()

    report = inspect(data[:-2] + bytes(range(1, 30)) + data[-2:])

    assert report.accepted
    assert codes(report) == {"questionable_data"}


@pytest.mark.parametrize("marker", [0xC3, 0xC9, 0xCA])
def test_a_lossless_or_arithmetic_jpeg_is_refused_before_any_decoder_sees_it(inspect: Inspect, marker: int) -> None:
    data = encoded_scene().replace(b"\xff\xc0", bytes([0xFF, marker]), 1)

    assert codes(inspect(data)) == {"unsupported_jpeg_variant"}


def test_a_twelve_bit_jpeg_is_refused_as_a_special_variant(inspect: Inspect) -> None:
    data = encoded_scene().replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c", 1)

    assert codes(inspect(data)) == {"unsupported_jpeg_variant"}


def test_a_jpeg_with_thousands_of_scans_is_refused_unopened(inspect: Inspect) -> None:
    data = encoded_scene(progressive=True)
    scan = data[data.index(b"\xff\xda") :][:14]

    assert codes(inspect(data[:-2] + scan * 5000 + data[-2:])) == {"too_complex"}


def test_a_png_with_a_wrong_checksum_is_refused_as_corrupt(inspect: Inspect) -> None:
    data = bytearray(encoded_scene("PNG"))
    data[len(data) // 2] ^= 1

    assert codes(inspect(bytes(data))) == {"corrupt_image"}


def deflated_zeros(length: int, *, times: int) -> bytes:
    """So many zeros so many times, of which only the first two pieces are compressed: after a full flush the pieces are the same bytes."""
    deflate = zlib.compressobj(9)
    first, again = (deflate.compress(bytes(length)) + deflate.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    checksum = length * times % 65_521 << 16 | 1  # Adler-32 of zeros
    return first + again * (times - 1) + b"\x03\x00" + checksum.to_bytes(4)


def test_a_decompression_bomb_is_refused_from_its_header(inspect: Inspect) -> None:
    report = inspect(png(30_000, 30_000, chunk(b"IDAT", deflated_zeros(30_001 * 100, times=300))))

    assert codes(report) == {"too_many_pixels"}
    assert (report.width, report.height) == (30_000, 30_000)


def test_a_second_header_that_enlarges_a_png_is_refused(inspect: Inspect) -> None:
    second = chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0))

    report = inspect(png(10, 10, second, chunk(b"IDAT", zlib.compress(bytes(110)))))

    assert codes(report) == {"corrupt_image"}


@pytest.mark.parametrize(("form", "size"), [("JPEG", (9000, 8)), ("PNG", (900, 900)), ("WEBP", (8, 9000))])
def test_a_picture_over_a_pixel_limit_is_refused(inspect: Inspect, form: str, size: tuple[int, int]) -> None:
    strict = LIMITS.model_copy(update={"max_pixels": 500_000, "max_side": 8192})

    assert codes(inspect(encoded(Image.new("RGB", size), form), strict)) == {"too_many_pixels"}


@pytest.mark.parametrize("form", ["WEBP", "WEBP lossless", "WEBP alpha"])
def test_a_webp_tells_its_size_before_it_is_opened(inspect: Inspect, form: str) -> None:
    image = Image.new("RGBA" if "alpha" in form else "RGB", (301, 203), (9, 9, 9, 99)[: 4 if "alpha" in form else 3])
    strict = LIMITS.model_copy(update={"max_pixels": 1000})

    report = inspect(encoded(image, "WEBP", lossless="lossless" in form), strict)

    assert (report.width, report.height) == (301, 203)


def test_a_picture_below_the_smallest_side_is_refused(inspect: Inspect) -> None:
    strict = LIMITS.model_copy(update={"min_side": 100})

    assert codes(inspect(encoded(scene((200, 99))), strict)) == {"too_few_pixels"}


def test_a_text_bomb_in_a_png_is_left_out_unread(inspect: Inspect) -> None:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64 * 1024 * 1024)))

    assert inspect(png(10, 10, text, chunk(b"IDAT", zlib.compress(bytes(110))))).findings == ()


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_an_animation_is_refused(inspect: Inspect, form: str) -> None:
    data = encoded(scene(), form, save_all=True, append_images=[scene().rotate(180)], duration=100)

    assert codes(inspect(data)) == {"multi_frame"}


def test_an_mpo_is_a_jpeg_and_shows_its_first_picture(inspect: Inspect) -> None:
    data = encoded(Image.new("RGB", (64, 64), "red"), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64))])

    report = inspect(data)

    assert report.accepted
    assert report.media_type == "image/jpeg"
    assert colour(report)[0] > 240


def test_metadata_is_gone_from_every_rendition(inspect: Inspect) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[2] = (59.0, 26.0, 0.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(scene(), exif=exif, icc_profile=profile, comment=b"SECRET", xmp=b"<x:xmpmeta>SECRET</x:xmpmeta>")

    report = inspect(data)

    bodies = b"".join(each.body for each in report.renditions)
    assert data.count(b"SECRET") == 3
    assert not any(
        trace in bodies for trace in (b"SECRET", b"Exif", b"ICC_PROFILE", b"xmpmeta", b"\xff\xe1", b"\xff\xfe")
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_same_bytes_give_the_same_report(inspect: Inspect, form: str) -> None:
    data = encoded_scene(form)

    assert inspect(data) == inspect(data)


def test_renditions_fit_their_sides_and_keep_the_shape(inspect: Inspect) -> None:
    report = inspect(encoded(scene((1600, 1200))))

    assert [(each.width, each.height) for each in report.renditions] == [(512, 384), (128, 96)]
    assert shown(report).size == (512, 384)


def test_a_small_picture_is_never_enlarged(inspect: Inspect) -> None:
    report = inspect(encoded(scene((100, 60))))

    assert [(each.width, each.height) for each in report.renditions] == [(100, 60), (100, 60)]


def test_a_very_long_picture_keeps_at_least_one_pixel(inspect: Inspect) -> None:
    report = inspect(encoded(Image.new("RGB", (8000, 2)), "PNG"))

    assert (report.renditions[1].width, report.renditions[1].height) == (128, 1)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_orientation_of_a_camera_is_applied(inspect: Inspect, form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    report = inspect(encoded(scene(), form, exif=exif))

    assert (report.width, report.height) == (800, 600)
    assert (report.renditions[0].width, report.renditions[0].height) == (384, 512)
    assert colour(report, (0.95, 0.05))[0] > 200
    assert colour(report, (0.95, 0.05))[1] < 60


def test_a_broken_exif_block_is_only_a_warning(inspect: Inspect) -> None:
    report = inspect(encoded(scene(), exif=b"Exif\0\0nonsense"))

    assert report.accepted
    assert codes(report) == {"unreadable_metadata"}


def test_a_broken_colour_profile_is_only_a_warning(inspect: Inspect) -> None:
    report = inspect(encoded(scene(), icc_profile=b"not a profile" * 20))

    assert report.accepted
    assert codes(report) == {"bad_colour_profile"}


def test_a_profile_for_other_pixels_is_only_a_warning(inspect: Inspect) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

    assert codes(inspect(encoded(scene(), icc_profile=lab))) == {"bad_colour_profile"}


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_good_profile_draws_no_warning(inspect: Inspect, mode: str) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert inspect(encoded(scene(mode=mode), icc_profile=srgb)).findings == ()


def test_a_cmyk_jpeg_is_shown_in_its_colours(inspect: Inspect) -> None:
    report = inspect(encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0))))

    assert report.accepted
    assert colour(report) == pytest.approx((255, 0, 0), abs=6)


def test_a_jpeg_of_unusual_sampling_is_accepted(inspect: Inspect) -> None:
    data = bytearray(encoded(Image.new("RGB", (24, 8), "white"), subsampling="4:4:4"))
    data[data.index(b"\xff\xc0") + 11] = 0x31

    assert inspect(bytes(data)).accepted


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (64, 64), 77), (77, 77, 77)),
        (Image.new("1", (64, 64), 1), (255, 255, 255)),
        (Image.new("I;16", (64, 64), 0x8080), (128, 128, 128)),
        (Image.new("LA", (64, 64), (0, 0)), (255, 255, 255)),
        (Image.new("RGBA", (64, 64), (0, 0, 255, 0)), (255, 255, 255)),
        (Image.new("RGBA", (64, 64), (0, 0, 0, 128)), (127, 127, 127)),
    ],
    ids=["grey", "bilevel", "16 bits", "transparent grey", "transparent", "half transparent"],
)
def test_a_png_of_any_kind_is_shown_over_white(
    inspect: Inspect, image: Image.Image, expected: tuple[int, int, int]
) -> None:
    report = inspect(encoded(image, "PNG"))

    assert report.findings == ()
    assert colour(report) == pytest.approx(expected, abs=3)


@pytest.mark.parametrize("transparency", [0, b"\x00\xff\xff"], ids=["one entry", "a table"])
def test_a_palette_with_transparency_is_shown_over_white(inspect: Inspect, transparency: int | bytes) -> None:
    image = Image.new("P", (64, 64), 0)
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])

    report = inspect(encoded(image, "PNG", transparency=transparency))

    assert report.findings == ()
    assert colour(report) == pytest.approx((255, 255, 255), abs=3)


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8X", b"RIFF\x10\0\0\0WEBPnope"]
)
@pytest.mark.parametrize("filler", [b"", b"\0", b"\xff", b"\xff\xda", bytes(range(256))])
def test_a_signature_followed_by_anything_ends_in_a_refusal(inspect: Inspect, start: bytes, filler: bytes) -> None:
    assert not inspect(start + filler * 500).accepted
