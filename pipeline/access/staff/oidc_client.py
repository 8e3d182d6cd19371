"""An identity provider, spoken to by OpenID Connect: the code flow with PKCE, state and nonce."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from pipeline.access.staff.rules.sign_in import SignInRefused
from pipeline.kernel.errors import RetryableError

SCOPE: Final = "openid profile email"
_SIGNATURES: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
]
"""Made with a private key of the provider's; never with the secret that we share with it, and never with nothing."""

_LEEWAY_SECONDS: Final = 60


class ProviderUnavailable(RetryableError):
    """The identity provider cannot be reached, or answers with a fault."""

    code = "provider_unavailable"


class ProviderRefused(SignInRefused):
    """What the identity provider said does not let anybody in."""

    code = "provider_refused"


@dataclass(frozen=True)
class Provider:
    """One provider as the settings name it. `back` is our address to which it sends browsers back."""

    issuer: str
    client_id: str
    client_secret: str
    back: str
    http: httpx.Client

    def address(self, *, state: str, nonce: str, verifier: str, again: bool = False) -> str:
        """Where a browser is sent to sign in; `again`: to be asked anew. Raises ProviderUnavailable."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
            **({"prompt": "login", "max_age": "0"} if again else {}),
        }
        return str(add_params_to_uri(self._metadata["authorization_endpoint"], list(asked.items())))

    def claims(self, code: str, *, nonce: str, verifier: str) -> Mapping[str, Any]:
        """What the provider says of who came back with this code. Raises ProviderRefused, ProviderUnavailable."""
        given = self._exchanged(code, verifier)
        try:
            token = self._decoded(str(given.get("id_token")))
            claims = CodeIDToken(token.claims, token.header, self._expected, self._known(nonce, given))
            claims.validate(leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError) as error:
            raise ProviderRefused(
                "What the identity provider answered is not valid here. Sign in once more."
            ) from error
        return dict(claims)

    @property
    def _expected(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "nonce": {"essential": True},
        }

    def _known(self, nonce: str, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"nonce": nonce, "client_id": self.client_id, "access_token": given.get("access_token")}

    def _exchanged(self, code: str, verifier: str) -> Mapping[str, Any]:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": verifier,
        }
        secret = (quote(self.client_id, safe=""), quote(self.client_secret, safe=""))  # RFC 6749, 2.3.1
        answer = self._asked("POST", self._metadata["token_endpoint"], data=sent, auth=secret)
        if answer.is_client_error:
            raise ProviderRefused("The identity provider did not take its code back. Sign in once more.")
        return _body(answer)

    def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._keys, algorithms=_SIGNATURES)
        except InvalidKeyIdError:  # the provider may have changed its keys
            self.__dict__.pop("_keys", None)
            return jwt.decode(token, self._keys, algorithms=_SIGNATURES)

    @cached_property
    def _keys(self) -> KeySet:
        keys: Any = _body(self._asked("GET", self._metadata["jwks_uri"]))
        return KeySet.import_key_set(keys)

    @cached_property
    def _metadata(self) -> Mapping[str, Any]:
        found = _body(self._asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"))
        if found.get("issuer") != self.issuer:
            raise ProviderUnavailable(f"The identity provider calls itself {found.get('issuer')}, not {self.issuer}.")
        return found

    def _asked(self, method: str, url: str, **more: Any) -> httpx.Response:
        try:
            answer = self.http.request(method, url, timeout=10, headers={"Accept": "application/json"}, **more)
        except httpx.HTTPError as error:
            raise ProviderUnavailable("The identity provider does not answer. Try again in a minute.") from error
        if answer.is_server_error or answer.is_redirect:
            raise ProviderUnavailable("The identity provider answers with a fault. Try again in a minute.")
        return answer


def _body(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.raise_for_status().json()
    except (httpx.HTTPStatusError, ValueError) as error:
        raise ProviderUnavailable("The identity provider answers with a fault. Try again in a minute.") from error
    if not isinstance(body, dict):
        raise ProviderUnavailable("The identity provider answers with a fault. Try again in a minute.")
    return body
