from pydantic import PositiveInt

from schemas.base import Frozen


class Erasure(Frozen):
    """Within how many days nothing of an erased member is left."""

    deadline_days: PositiveInt
