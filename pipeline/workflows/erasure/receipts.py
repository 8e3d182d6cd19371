"""The receipt of an erasure: signed when it has finished, and checked by whoever has the public key."""

import hashlib

import orjson

from pipeline.kernel.signing import Signer, is_signed
from schemas.erasure import Receipt, SignedReceipt


def signed(receipt: Receipt, signer: Signer) -> SignedReceipt:
    """The receipt with its signature over `message_of`."""
    return SignedReceipt(receipt=receipt, key=signer.public, signature=signer.sign(message_of(receipt)))


def is_genuine(given: SignedReceipt, *, public: str) -> bool:
    """Whether the holder of this key signed it, and nothing was changed since. The key that the receipt names proves nothing."""
    return is_signed(message_of(given.receipt), signature=given.signature, public=public)


def digest_of(given: SignedReceipt) -> str:
    """SHA-256 of what was signed."""
    return hashlib.sha256(message_of(given.receipt)).hexdigest()


def message_of(receipt: Receipt) -> bytes:
    """What is signed: the receipt as JSON with its names in order and without white space (`jq -cS .receipt`), in UTF-8."""
    return orjson.dumps(receipt.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
