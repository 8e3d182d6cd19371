"""The tables that libjpeg writes into a JPEG where nobody gives it others: those of the standard (ITU-T T.81, annex K)."""

from functools import cache
from typing import Final

_LUMINANCE: Final = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
    56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92,
    101, 103, 99,
)  # fmt: skip
_CHROMINANCE: Final = (17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, *(99,) * 50)
"""In the order in which they are written, from the top left corner in a zigzag."""

_HUFFMAN: Final = """
0000010501010101010100000000000000000102030405060708090a0b
100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a2526\
2728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4\
a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa
0100030101010101010101010000000000000102030405060708090a0b
1100020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f1171819\
1a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2\
a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa
"""
HUFFMAN: Final = tuple(bytes.fromhex(each) for each in _HUFFMAN.split())
"""Of the luminance its two, then of the colours theirs."""


@cache
def quantisation() -> frozenset[tuple[bytes, ...]]:
    """The two tables of each quality from 1 to 100, each with its number before it."""
    return frozenset(
        (b"\0" + _scaled(_LUMINANCE, quality), b"\1" + _scaled(_CHROMINANCE, quality)) for quality in range(1, 101)
    )


def _scaled(table: tuple[int, ...], quality: int) -> bytes:
    factor = 5000 // quality if quality < 50 else 200 - 2 * quality  # noqa: PLR2004  # libjpeg's own formula
    return bytes(min(max((each * factor + 50) // 100, 1), 255) for each in table)
