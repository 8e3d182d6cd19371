"""A page to draw on, measured in points from its top left corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, NamedTuple

import pypdfium2
from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import FILL_NON_ZERO, Canvas

A4: Final = (595.2, 841.8)


class Area(NamedTuple):
    """A rectangle: the place of its top left corner and its extent."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Ink:
    """How a line of text is set. `align` says what its x means: left, right or centre."""

    size: float = 10
    colour: str = "#1f2933"
    font: str = "Helvetica"
    align: str = "left"

    def width(self, words: str) -> float:
        """How wide the words are when set in this ink."""
        return float(stringWidth(words, self.font, self.size))


class Sheet:
    """One document in the making; the same drawing always gives the same bytes."""

    def __init__(self, size: tuple[float, float], *, title: str, maker: str) -> None:
        self._file = BytesIO()
        self.height = size[1]
        self.pen: Any = Canvas(self._file, pagesize=size, invariant=1, pageCompression=1)
        self.pen.setTitle(title)
        self.pen.setAuthor(maker)
        self.pen.setCreator(maker)

    def text(self, at: tuple[float, float], words: str, ink: Ink) -> None:
        """Set one line of text with its baseline at `at`."""
        self.pen.setFont(ink.font, ink.size)
        self.pen.setFillColor(HexColor(ink.colour))
        draw = {"left": self.pen.drawString, "right": self.pen.drawRightString, "centre": self.pen.drawCentredString}
        draw[ink.align](at[0], self.height - at[1], words)

    def row(self, y: float, cells: Sequence[tuple[float, str, Ink]]) -> None:
        """Set several texts on one baseline."""
        for x, words, ink in cells:
            self.text((x, y), words, ink)

    def box(self, area: Area, *, fill: str | None = None, line: str | None = None, radius: float = 0) -> None:
        """Draw a rectangle, filled, outlined or both."""
        self._colours(fill, line)
        bottom = self.height - area.y - area.height
        self.pen.roundRect(
            area.x, bottom, area.width, area.height, radius, fill=int(fill is not None), stroke=int(line is not None)
        )

    def disc(self, centre: tuple[float, float], radius: float, *, fill: str | None, line: str | None = None) -> None:
        """Draw a circle, filled, outlined or both."""
        self._colours(fill, line)
        y = self.height - centre[1]
        self.pen.circle(centre[0], y, radius, fill=int(fill is not None), stroke=int(line is not None))

    def path(
        self, points: Sequence[tuple[float, float]], *, colour: str, width: float = 1, filled: bool = False
    ) -> None:
        """Draw a line through the points, or the shape that it encloses."""
        self.pen.setFillColor(HexColor(colour))
        self.pen.setStrokeColor(HexColor(colour))
        self.pen.setLineWidth(width)
        path = self.pen.beginPath()
        path.moveTo(points[0][0], self.height - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, self.height - y)
        self.pen.drawPath(path, fill=int(filled), stroke=1, fillMode=FILL_NON_ZERO)

    def picture(self, image: Image.Image, area: Area, *, radius: float = 0) -> None:
        """Place an image, its corners cut round."""
        bottom = self.height - area.y - area.height
        self.pen.saveState()
        edge = self.pen.beginPath()
        edge.roundRect(area.x, bottom, area.width, area.height, radius)
        self.pen.clipPath(edge, stroke=0)
        self.pen.drawImage(ImageReader(image), area.x, bottom, area.width, area.height)
        self.pen.restoreState()

    def turn(self) -> None:
        """Begin the next page."""
        self.pen.showPage()

    def pdf(self) -> bytes:
        """Finish the document and give its bytes."""
        self.pen.save()
        return self._file.getvalue()

    def pixels(self, *, scale: float = 1) -> Image.Image:
        """Finish the document and give its first page as an RGB image, `scale` pixels to the point."""
        document = pypdfium2.PdfDocument(self.pdf())
        try:
            image: Image.Image = document[0].render(scale=scale).to_pil()
            return image.convert("RGB")
        finally:
            document.close()

    def _colours(self, fill: str | None, line: str | None) -> None:
        self.pen.setLineWidth(1)
        if fill is not None:
            self.pen.setFillColor(HexColor(fill))
        if line is not None:
            self.pen.setStrokeColor(HexColor(line))
