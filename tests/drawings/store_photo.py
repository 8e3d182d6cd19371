"""A photograph of a shop front, taken with a phone from across the street."""

from random import Random
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from cli.demo.demo_file import DemoFile
from tests.drawings.camera import blotches, grain, jpeg, phone_exif, shade, vignette
from tests.drawings.chance import chance
from tests.drawings.perspective import Corners, seen_from
from tests.drawings.photographs import photograph
from tests.drawings.shop_front import SIZE, shop_front
from tests.drawings.traders import trader_for

_PHOTO: Final = (2000, 1500)
_SCALE: Final = 2.2


def store_photo(identity: str, seed: int) -> DemoFile:
    """Draw a JPEG of 2000 by 1500 that shows the store's name on its sign."""
    draw = chance("store_photo", identity, seed)
    trader = trader_for(identity, seed)
    flat = shop_front(trader, draw).pixels(scale=_SCALE)
    taken = f"2026:09:{draw.randint(1, 28):02d} {draw.randint(9, 17):02d}:{draw.randint(0, 59):02d}:12"
    return DemoFile(
        filename=f"IMG_{taken[:10].replace(':', '')}_{taken[11:].replace(':', '')}.jpg",
        media_type="image/jpeg",
        body=jpeg(_expose(flat, draw), quality=85, exif=phone_exif("Fairway F5", taken)),
        facts={"store_name": trader.store},
    )


def _expose(flat: Image.Image, draw: Random) -> Image.Image:
    light = ImageChops.multiply(_daylight(draw), ImageChops.multiply(_foliage(draw), _grime(draw)))
    lit = shade(flat, light.resize(flat.size, Image.Resampling.BICUBIC))
    seen = seen_from(lit, _PHOTO, _stand(flat.size, draw))
    warm = seen.filter(ImageFilter.GaussianBlur(0.9)).point(_WARMTH)
    return grain(vignette(warm, 70), draw, 6)


def _curve(lift: float, gain: float) -> list[int]:
    return [min(255, round(lift + gain * 255 * (level / 255) ** 0.82)) for level in range(256)]


# A phone lifts the shadows and warms the sunlight.
_WARMTH: Final = _curve(9, 1.24) + _curve(9, 1.18) + _curve(13, 1.07)


def _daylight(draw: Random) -> Image.Image:
    """Sun from the upper left: shadows under the sign, the awning and the sills, and folds in the cloth."""
    light = Image.new("L", SIZE, 255)
    pen = ImageDraw.Draw(light)
    for x in range(66, 936, 8):
        pen.rectangle((x, 284, x + 8, 352), fill=draw.randint(214, 255))
    pen.rectangle((60, 282, 945, 292), fill=96)
    pen.polygon(((76, 352), (950, 352), (962, 404), (100, 404)), fill=118)
    for x in (150, 430, 710):
        pen.rectangle((x - 14, 121, x + 164, 130), fill=110)
    pen.rectangle((0, 654, 1000, 674), fill=120)
    pen.rectangle((0, 700, 1000, 705), fill=150)
    across = Image.linear_gradient("L").rotate(90).resize(SIZE).point([196 + level * 59 // 255 for level in range(256)])
    return ImageChops.multiply(light.filter(ImageFilter.GaussianBlur(3.4)), across)


def _foliage(draw: Random) -> Image.Image:
    """Cast the dappled shadow of a tree that stands behind the photographer, on one side."""
    cells = Image.frombytes("L", (120, 90), draw.randbytes(10800)).filter(ImageFilter.GaussianBlur(1.4))
    leaves = cells.resize(SIZE, Image.Resampling.BICUBIC).point(_LEAVES).filter(ImageFilter.GaussianBlur(3.2))
    crown = Image.radial_gradient("L").resize((1500, 1300))
    left = draw.choice((0, 90, 250, 410, 500))
    reach = crown.crop((left, 540, left + SIZE[0], 540 + SIZE[1])).point(_EDGE)
    return Image.composite(Image.new("L", SIZE, 255), leaves, reach)


_LEAVES: Final = [min(255, max(150, 150 + (level - 122) * 26)) for level in range(256)]
_EDGE: Final = [min(255, max(0, (level - 70) * 3)) for level in range(256)]


def _grime(draw: Random) -> Image.Image:
    """Rough masonry, as rough as a gravel bed, and the streaks that rain leaves on all of it."""
    stone = photograph("gravel").resize((250, 250))
    tiled = Image.new("L", SIZE)
    for x in range(0, SIZE[0], 250):
        for y in range(0, SIZE[1], 250):
            tiled.paste(stone, (x, y))
    rough = tiled.point([min(255, 206 + level * 2 // 5) for level in range(256)])
    for smooth in ((64, 170, 944, 664), (150, 0, 290, 102), (430, 0, 570, 102), (710, 0, 850, 102)):
        rough.paste(250, smooth)
    streaks = blotches((SIZE[0], 40), draw, cells=90, depth=60).resize(SIZE)
    return ImageChops.multiply(rough, ImageChops.lighter(streaks, blotches(SIZE, draw, cells=14, depth=90)))


def _stand(size: tuple[int, int], draw: Random) -> Corners:
    """Where the photo's corners lie on the flat front, for someone who stands left or right of the door."""
    width, height = size
    near, far = (draw.uniform(0.035, 0.06) * height, 4.0)
    left, right = draw.choice(((near, far), (far, near)))
    return ((24, left * 1.6), (10, height - left * 0.4), (width - 10, height - right * 0.4), (width - 30, right * 1.6))
