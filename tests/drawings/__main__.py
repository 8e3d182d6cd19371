"""`python -m tests.drawings`: draws the demo's files anew into cli/demo/files, with facts.json, in place of what is there.

Drawn with the same Pillow and reportlab they are the same bytes, but for the locked statement, whose keys are random.
"""

import json
from pathlib import Path
from typing import Final

from tests.drawings.demo_files import DRAWN, PADDED, said_of

FOLDER: Final = Path(__file__).parents[2] / "cli" / "demo" / "files"


def draw() -> None:
    """Draw every file; what the demo does not send any more goes."""
    for old in FOLDER.iterdir():
        if old.suffix != ".md":
            old.unlink()
    said = dict(PADDED)
    for name, drawn in DRAWN.items():
        file = drawn()
        said[name] = said_of(name, file)
        (FOLDER / said[name]["file"]).write_bytes(file.body)
    written = json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False)
    (FOLDER / "facts.json").write_text(f"{written}\n", encoding="utf-8")


if __name__ == "__main__":
    draw()
