"""What the clients of a run upload: small, quickly made, and each unlike any other of the run."""

import io
import random
from typing import Final

from PIL import Image

SIDE: Final = 96
_GRID: Final = 8
_COLOURS: Final = 3
_PAGE: Final = (
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
)


def picture(number: int) -> bytes:
    """A JPEG of coloured squares; also after scaling it looks like no other one."""
    squares = random.Random(number).randbytes(_GRID * _GRID * _COLOURS)  # noqa: S311  (to be repeated)
    out = io.BytesIO()
    Image.frombytes("RGB", (_GRID, _GRID), squares).resize((SIDE, SIDE), Image.Resampling.NEAREST).save(out, "JPEG")
    return out.getvalue()


def broken_picture(number: int) -> bytes:
    """The first half of a picture."""
    whole = picture(number)
    return whole[: len(whole) // 2]


def statement(number: int) -> bytes:
    """A PDF of one page that says so in words, which therefore nobody has to read off its picture."""
    drawn = f"BT /F1 9 Tf 10 50 Td (Blue Door Ltd, statement {number}) Tj ET"
    parts = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    return _written(parts)


def _written(parts: tuple[str, ...]) -> bytes:
    text, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(f"{len(text):010} 00000 n \n")
        text += f"{number} 0 obj\n{part}\nendobj\n"
    count = len(parts) + 1
    table = f"xref\n0 {count}\n0000000000 65535 f \n{''.join(places)}trailer\n<< /Size {count} /Root 1 0 R >>\n"
    return f"{text}{table}startxref\n{len(text)}\n%%EOF\n".encode("ascii")
