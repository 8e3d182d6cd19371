"""The receipt of an erasure: signed when it has finished, and checked by whoever has the public key."""

import base64
import binascii
import hashlib

import orjson

from pipeline.kernel.signing import Signer, is_signed
from schemas.erasure import Receipt, SignedReceipt


def signed(receipt: Receipt, signer: Signer) -> SignedReceipt:
    """The receipt with its signature over `message_of`."""
    return SignedReceipt(
        receipt=receipt,
        key=base64.b64encode(signer.public).decode(),
        signature=base64.b64encode(signer.sign(message_of(receipt))).decode(),
    )


def is_genuine(given: SignedReceipt, *, public: bytes) -> bool:
    """Whether the holder of this key signed it, and nothing was changed since. The key that the receipt names proves nothing."""
    try:
        signature = base64.b64decode(given.signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return is_signed(message_of(given.receipt), signature=signature, public=public)


def digest_of(given: SignedReceipt) -> str:
    """SHA-256 of what was signed."""
    return hashlib.sha256(message_of(given.receipt)).hexdigest()


def message_of(receipt: Receipt) -> bytes:
    """What is signed: the receipt as JSON with its names in order and without white space (`jq -cS .receipt`), in UTF-8."""
    return orjson.dumps(receipt.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
