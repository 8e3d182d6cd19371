"""An authenticator as a test holds it: it makes passkeys and signs as WebAuthn says, and also as it must not."""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url, encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One passkey for one host and origin."""

    def __init__(self, host: str, origin: str) -> None:
        self.host, self.origin = host, origin
        self.id = secrets.token_bytes(16)
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> str:
        """The answer to a request for a new passkey."""
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + encode_cbor(public)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(flags | ATTESTED) + attested}
        client = self._client("webauthn.create", options["challenge"])
        response = {
            "attestationObject": bytes_to_base64url(encode_cbor(made)),
            "clientDataJSON": bytes_to_base64url(client),
        }
        return self._answer(response)

    def show(
        self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED, counts: int = 1, origin: str | None = None
    ) -> str:
        """The answer to a request to show it; `counts` is by how much the counter grows."""
        self.count += counts
        data = self._data(flags)
        client = self._client("webauthn.get", options["challenge"], origin=origin)
        signed = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": bytes_to_base64url(data),
            "clientDataJSON": bytes_to_base64url(client),
            "signature": bytes_to_base64url(signed),
            "userHandle": None,
        }
        return self._answer(response)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, *, origin: str | None = None) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": origin or self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        written = bytes_to_base64url(self.id)
        return json.dumps(
            {"id": written, "rawId": written, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )
