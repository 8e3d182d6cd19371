"""A bank statement, as small as one can be."""

import io

from reportlab.pdfgen.canvas import Canvas

WORDS = ("Bank statement of Blue Door Ltd, 2026-01-01 to 2026-03-31", "Closing balance 12500.50 EUR")
SIDE = 300


def statement() -> bytes:
    """A PDF of two pages with words on them; the same bytes each time."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(SIDE, SIDE), invariant=True)
    for words in WORDS:
        canvas.drawString(10, SIDE / 2, words)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
