"""The photos that the bench looks at: real ones where they are, else ones of the same size made here."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "photos"


@dataclass(frozen=True)
class Photo:
    """A photo on disk, and how many times a bare decode its inspection may take."""

    name: str
    path: Path
    goal: float


@dataclass(frozen=True)
class Sort:
    """A photo of the corpus, and how one like it is made: sides in pixels, strength of the noise, quality."""

    name: str
    file: str
    goal: float
    size: tuple[int, int]
    noise: float
    quality: int
    progressive: bool = False


SORTS = (
    Sort("129 KB", "s100.jpg", 5.0, (960, 1280), 9, 75),
    Sort("812 KB", "m800_8mp.jpg", 1.5, (3264, 2448), 9, 80),
    Sort("2.9 MB", "l3m_12mp.jpg", 1.25, (4032, 3024), 24, 80),
    Sort("2.9 MB progressive", "l3m_12mp_prog.jpg", 1.25, (4032, 3024), 24, 80, progressive=True),
)


def photos(folder: Path) -> list[Photo]:
    """The four photos; those that have to be made are written into `folder`."""
    return [Photo(sort.name, _found(sort) or _made(sort, folder), sort.goal) for sort in SORTS]


def _found(sort: Sort) -> Path | None:
    path = CORPUS / sort.file
    return path if path.is_file() else None


def _made(sort: Sort, folder: Path) -> Path:
    """Shapes with a grain, as a sensor has it: neither flat, which costs nothing, nor pure noise, which no photo is."""
    grain = Image.effect_noise(sort.size, sort.noise)
    shapes = Image.effect_noise((24, 18), 120).resize(sort.size, Image.Resampling.BICUBIC)
    channels = [Image.blend(shapes.rotate(turn), grain, 0.4) for turn in (0, 120, 240)]
    path = folder / sort.file
    Image.merge("RGB", channels).save(path, "JPEG", quality=sort.quality, progressive=sort.progressive)
    return path
