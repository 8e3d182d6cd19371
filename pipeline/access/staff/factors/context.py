from dataclasses import dataclass

from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer
from pipeline.policy.sign_in import SignIn


@dataclass(frozen=True, slots=True)
class FactorContext:
    """What second factors need: the database, what seals secrets, the rules, and the console's host and origin for passkeys."""

    db: Database
    sealer: Sealer
    rules: SignIn
    host: str
    origin: str
