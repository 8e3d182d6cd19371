import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from pipeline.inspection.sandbox.child import ChildDied
from pipeline.inspection.sandbox.children import Children, Weakened, log_weakened
from pipeline.inspection.sandbox.fork_client import SandboxUnavailable
from pipeline.inspection.sandbox.plain import NotPlain, plain_jpeg_size
from pipeline.inspection.sandbox.reply import Done, Picture
from pipeline.inspection.sandbox.report_check import Untrustworthy
from pipeline.inspection.sandbox.request import Blackening, ChildLimits, Terms
from pipeline.inspection.sandbox.source import in_a_file
from pipeline.kernel.errors import PermanentError

BLACKEN: Final = "pipeline.inspection.blacken:blackened"
_ONE_PICTURE: Final = ChildLimits(files_per_child=1)
Box = tuple[float, float, float, float]


class Redactor:
    """Blackens boxes in pictures of ours, each in a child of its own that ends afterwards. Thread-safe; starts at the first use.

    A picture comes from a child that had a stranger's file, so it is opened in a child as well; and none that had such a file
    gets to decide what of a page is covered.
    """

    def __init__(self, *, required: bool = True, weakened: Weakened = log_weakened, work: str = BLACKEN) -> None:
        """`required` and `weakened` as `Sandbox` takes them; `work` is the dotted name of what blackens."""
        terms = Terms(work=work, limits=_ONE_PICTURE)
        self._children = Children(terms, most=1, required=required, weakened=weakened)

    def blackened(self, body: bytes, boxes: Sequence[Box], *, quality: int) -> bytes:
        """The JPEG again, with every box (thousandths of its sides) black to its last pixel.

        Raises SandboxUnavailable, and PermanentError for what is no picture of ours.
        """
        try:
            size = plain_jpeg_size(body)
        except NotPlain as error:
            raise PermanentError(
                "This picture is not one that we encoded, so it is not opened. Ask for a better file."
            ) from error
        request = Blackening(boxes=tuple(boxes), quality=quality)
        with in_a_file(body) as file, self._children.place():
            child, deadline = self._children.take(), time.monotonic() + _ONE_PICTURE.wall_seconds
            try:
                picture = child.ask(request, file, deadline=deadline, take=partial(_picture, size))
            except ChildDied as death:
                child.end()
                raise SandboxUnavailable(f"The page could not be covered: {death}.") from death
            self._children.give_back(child)
            return picture

    def missing(self) -> Mapping[str, str]:
        """The protections that are not on here, as for every other child, each with the reason. Raises SandboxUnavailable."""
        return self._children.missing()

    def close(self) -> None:
        """End what runs."""
        self._children.close()


def _picture(size: tuple[int, int], header: Done, bodies: Sequence[bytes]) -> bytes:
    if not isinstance(header, Picture):
        raise Untrustworthy("it is not a picture")
    if plain_jpeg_size(bodies[0]) != size:
        raise Untrustworthy("the picture has another size")
    return bodies[0]
