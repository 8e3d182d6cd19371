"""What a parent orders of its zygote, and how that answers."""

import struct
from typing import Final

ORDER: Final = struct.Struct("=cq")
OUTCOME: Final = struct.Struct("=q")
FORK: Final = b"F"
END: Final = b"E"
NOT_MINE: Final = 2**31
"""The outcome of ending a child that this zygote never had, or has ended before."""
