"""The certificates with which Amazon SNS signs: where they are fetched, and whether they were issued to SNS.

Amazon serves the certificate alone. Its issuer's is fetched from the address that it names (RFC 5280, 4.2.2.1), and need not be
trusted for that: the chain must end at an authority of the system's trust store.
"""

import re
import ssl
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import certifi
import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from pipeline.kernel.errors import Forbidden, RetryableError

Fetch = Callable[[str], bytes]
"""Gets what is at an address of Amazon's. Raises NotFromAmazon, RetryableError."""

TIMEOUT_SECONDS: Final = 5.0
DEADLINE_SECONDS: Final = 10.0
MAX_BYTES: Final = 64 * 1024
_KEPT: Final = 16
_LONGEST_CHAIN: Final = 4
_ISSUER: Final = re.compile(r"http://crt\.[a-z0-9-]{1,40}\.amazontrust\.com/[a-z0-9-]{1,40}\.cer")
_ISSUED_BY: Final = "Amazon"
_CHINA: Final = "com.cn"


class NotFromAmazon(Forbidden):
    """The message is not signed by Amazon, not of our topic, or too old."""

    code = "not_from_amazon"


def fetch_from_amazon(address: str) -> bytes:
    """The body at an address that was compared with Amazon's hosts before: at most 64 KiB, in at most ten seconds, no redirect.

    Raises NotFromAmazon where Amazon has nothing there, RetryableError where it cannot be reached.
    """
    try:
        with httpx.stream("GET", address, timeout=TIMEOUT_SECONDS, follow_redirects=False) as answer:
            if answer.is_redirect or (answer.is_client_error and answer.status_code not in {408, 429}):
                raise NotFromAmazon("Amazon has nothing at the address that the message names.")
            return _read(answer.raise_for_status())
    except httpx.HTTPError as error:
        raise RetryableError("Amazon SNS cannot be reached.") from error


def _read(answer: httpx.Response) -> bytes:
    body, until = bytearray(), time.monotonic() + DEADLINE_SECONDS
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise NotFromAmazon("What is at the address that the message names is too long.")
        if time.monotonic() > until:
            raise RetryableError("Amazon SNS answers too slowly.")
    return bytes(body)


@cache
def system_authorities() -> tuple[x509.Certificate, ...]:
    """The certificate authorities that this system trusts: `SSL_CERT_FILE`, OpenSSL's own file, or the one of certifi."""
    known = ssl.get_default_verify_paths().cafile or certifi.where()
    blocks = re.findall(
        rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", Path(known).read_bytes(), re.DOTALL
    )
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some authorities are older than the rules that they break
        for block in blocks:
            with suppress(ValueError):
                found.append(x509.load_pem_x509_certificate(block))
    return tuple(found)


class Certificates:
    """Amazon's certificates by their address. `authorities` are trusted; those of the system where none are given."""

    def __init__(
        self, fetch: Fetch = fetch_from_amazon, *, authorities: Sequence[x509.Certificate] | None = None
    ) -> None:
        self.fetch = fetch
        self._authorities = authorities
        self._kept: dict[str, list[x509.Certificate]] = {}

    def key(self, address: str, *, region: str, suffix: str, now: datetime) -> rsa.RSAPublicKey:
        """The key of the certificate at an address of SNS in `region`, once its chain is verified for `now`.

        `suffix` is `com` or `com.cn`. Raises NotFromAmazon, RetryableError.
        """
        chain = self._kept.get(address) or self._fetched(address)
        self._verify(chain, names_of(region, suffix), now, by_amazon=suffix != _CHINA)
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[address] = chain
        key = chain[0].public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise NotFromAmazon("The certificate has another kind of key than those of Amazon SNS.")
        return key

    def _fetched(self, address: str) -> list[x509.Certificate]:
        """The certificate at the address, and those of its issuers that had to be fetched."""
        try:
            chain = x509.load_pem_x509_certificates(self.fetch(address))
            while len(chain) < _LONGEST_CHAIN and not self._is_anchored(chain[-1]):
                if (issuer := _issuer_address(chain[-1])) is None:
                    break
                chain.append(x509.load_der_x509_certificate(self.fetch(issuer)))
        except ValueError as error:
            raise NotFromAmazon("There is no certificate at the address that the message names.") from error
        return chain

    def _trusted(self) -> Sequence[x509.Certificate]:
        return system_authorities() if self._authorities is None else self._authorities

    def _is_anchored(self, certificate: x509.Certificate) -> bool:
        return any(certificate.issuer == each.subject for each in self._trusted())

    def _verify(
        self, chain: Sequence[x509.Certificate], names: Sequence[str], now: datetime, *, by_amazon: bool
    ) -> None:
        leaf, *issuers = chain
        if by_amazon and not _is_of_amazon(leaf.issuer):
            raise NotFromAmazon("The certificate was issued by another authority than Amazon's.")
        policy = PolicyBuilder().store(Store(list(self._trusted()))).time(now)
        for name in names:
            with suppress(VerificationError):
                policy.build_server_verifier(x509.DNSName(name)).verify(leaf, issuers)
                return
        raise NotFromAmazon(
            "The certificate was not issued to Amazon SNS, by an authority that is trusted, for this time."
        )


def names_of(region: str, suffix: str) -> tuple[str, ...]:
    """The names to which the signing certificates of a region are issued: one for most regions, and one of its own for the others."""
    own = (f"sns-signing.{region}.amazonaws.{suffix}", f"sns.{region}.amazonaws.{suffix}")
    if suffix == _CHINA:
        return (f"sns-{region}.amazonaws.com.cn", *own)
    if region.startswith("us-gov-"):
        return ("sns-us-gov-west-1.amazonaws.com", *own)
    return ("sns.amazonaws.com", *own)


def _is_of_amazon(name: x509.Name) -> bool:
    return [each.value for each in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == [_ISSUED_BY]


def _issuer_address(certificate: x509.Certificate) -> str | None:
    """Where the issuer's certificate is, if that is at Amazon's authority."""
    with suppress(x509.ExtensionNotFound, ValueError):
        access = certificate.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).value
        for each in access if isinstance(access, x509.AuthorityInformationAccess) else ():
            place = getattr(each.access_location, "value", "")
            if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS and _ISSUER.fullmatch(str(place)):
                return str(place)
    return None
