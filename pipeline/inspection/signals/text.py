from collections.abc import Sequence
from typing import Any

from pipeline.inspection.texts import PageText


def found_text(texts: Sequence[PageText]) -> dict[str, Any]:
    """How much text a document carries as text. Where it carries none, a later step outside the sandbox may read its pages.

    The words themselves stay in the report: they are the member's, and no log or listing needs them.
    """
    pages = [{"page": each.page, "words": len(each.words)} for each in texts]
    words = sum(len(each.words) for each in texts)
    return {"source": "text_layer" if words else None, "words": words, "pages": pages}
