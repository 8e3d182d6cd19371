"""The shape of the policy: every number and list of the domain, read from `config/policy.toml`."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from pipeline.kernel.rules.one_time_codes import Codes
from pipeline.policy.account import Account, Category, Points, Unsubscribe, unknown_names
from pipeline.policy.files import Files, Upload
from pipeline.policy.ladder import FactType, Identity, Stage
from pipeline.policy.mail_templates import CATEGORIES
from pipeline.policy.methods import BusinessEmail, ChecklistItem, Methods, Rulings, SeenByPerson, TaxNumbers
from pipeline.policy.quality import Quality
from pipeline.policy.retention import Erasure, Retention
from pipeline.policy.service_levels import Clock
from pipeline.policy.sign_in import KeyRules, SessionRules, SignIn
from pipeline.policy.spend import Spend, wrong_amounts
from schemas.base import Frozen, Line


class Attempts(Frozen):
    """Chances (DOMAIN §7.3)."""

    per_method: PositiveInt


class Review(Frozen):
    """Claims, offers, undo, links to materials and the least look at a case, in seconds; and what needs two people who agree.

    `least_look_seconds` is by kind of submission, for its first picture, or for each page of those in `every_page`.
    """

    claim_lease_seconds: PositiveInt
    claims_per_reviewer: PositiveInt
    undo_window_seconds: int = Field(ge=0)
    view_url_seconds: PositiveInt
    offer_seconds: PositiveInt = 900
    four_eyes: tuple[str, ...] = ()
    least_look_seconds: Mapping[str, NonNegativeFloat] = Field(default_factory=dict)
    every_page: tuple[str, ...] = ()


class Console(Frozen):
    """Materials that are covered until asked for, those that are screenshots, and how long originals outlive a redaction.

    `sealed_days` run from the end of the case: by then its decision is final.
    """

    blurred: tuple[str, ...]
    screenshots: tuple[str, ...] = ()
    keep_redacted_original: bool
    sealed_days: PositiveInt = 14


class Idempotency(Frozen):
    """How long a key is remembered."""

    retention_hours: PositiveInt


class Audit(Frozen):
    """How often the store keeps what the latest seal of the audit says."""

    checkpoint_minutes: PositiveInt


class Events(Frozen):
    """How events are sent to endpoints: how many at once, when one is given up, when an endpoint is paused, how long secrets overlap.

    An event that happened more than `ahead_minutes` from now is refused: clocks differ a little, and not by more.
    """

    timeout_seconds: PositiveInt = Field(le=40)
    at_once: PositiveInt = 4
    give_up_days: PositiveInt
    pause_hours: PositiveInt
    secret_overlap_hours: PositiveInt
    retention_days: PositiveInt
    ahead_minutes: PositiveInt = 5


class Reason(Frozen):
    """Why a submission was rejected or a better file is needed: a code, and the sentence that the member reads.

    One that `needs_profile` is offered only where there is a profile to compare the picture with.
    """

    code: str
    text: str
    needs_profile: bool = False


class Avatar(Frozen):
    """The avatar's checklist (DOMAIN §1)."""

    checklist: tuple[ChecklistItem, ...]


class Reasons(Frozen):
    """The reasons of each verdict. A code may stand in several lists, with a sentence of its own in each."""

    avatar: tuple[Reason, ...]
    verification: tuple[Reason, ...]
    better_file: tuple[Reason, ...] = ()


class Policy(Frozen):
    """The whole policy. `version` names its edition and its content, so that a decision can remember it."""

    edition: str
    version: str
    attempts: Attempts
    clock: Clock
    upload: Upload
    member_page: SessionRules
    review: Review
    quality: Quality
    console: Console
    sign_in: SignIn
    api_keys: KeyRules = KeyRules()
    idempotency: Idempotency
    audit: Audit
    events: Events
    retention: Retention
    erasure: Erasure
    codes: Codes
    account: Account
    points: Points
    subscriptions: Mapping[str, Category]
    unsubscribe: Unsubscribe
    files: Files
    avatar: Avatar
    reasons: Reasons
    rulings: Rulings
    methods: Methods
    tax_number: TaxNumbers
    business_email: BusinessEmail
    spend: Spend
    benefits: Mapping[str, Line]
    ladder: tuple[Stage, ...] = Field(min_length=2)
    facts: Mapping[str, FactType]
    identities: Mapping[str, Identity]

    @model_validator(mode="before")
    @classmethod
    def _share_materials(cls, data: Any) -> Any:
        """An identity may name another one whose materials it shares. What is no table is left for the validation to name."""
        identities = data.get("identities") if isinstance(data, dict) else None
        if not isinstance(identities, dict) or not all(isinstance(each, dict) for each in identities.values()):
            return data
        shared = {name: each.get("materials") for name, each in identities.items()}
        resolved = {
            name: {**each, "materials": shared.get(each["materials"])}
            if isinstance(each.get("materials"), str)
            else each
            for name, each in identities.items()
        }
        return {**data, "identities": resolved}

    @model_validator(mode="after")
    def _stages_are_distinct(self) -> Self:
        names = [rung.stage for rung in self.ladder]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"ladder: the stages {twice} stand in it twice")
        return self

    @model_validator(mode="after")
    def _amounts_grow_with_the_ladder(self) -> Self:
        if wrong := wrong_amounts([("spend" in rung.unlocked_by, rung.spend) for rung in self.ladder]):
            raise ValueError("; ".join(wrong))
        return self

    @model_validator(mode="after")
    def _benefits_have_titles(self) -> Self:
        for rung in self.ladder:
            if missing := [benefit for benefit in rung.benefits if benefit not in self.benefits]:
                raise ValueError(
                    f"ladder, stage {rung.stage}: benefits without a title {missing}; add them to [benefits]"
                )
        return self

    @model_validator(mode="after")
    def _reasons_are_distinct(self) -> Self:
        for name, reasons in self.reasons:
            codes = [*(reason.code for reason in reasons), *(dict(self.rulings) if name == "verification" else ())]
            if twice := sorted({code for code in codes if codes.count(code) > 1}):
                raise ValueError(f"reasons.{name}: the codes {twice} are given twice, so their sentence is not known")
        return self

    @model_validator(mode="after")
    def _mails_have_categories(self) -> Self:
        if missing := sorted(CATEGORIES - self.subscriptions.keys()):
            raise ValueError(f"subscriptions: mails are sent of the categories {missing}; add them")
        return self

    @model_validator(mode="after")
    def _the_account_names_what_there_is(self) -> Self:
        levels = [rung.stage for rung in self.ladder]
        reasons = [reason.code for reason in (*self.reasons.avatar, *self.reasons.verification)]
        if wrong := unknown_names(self.account, self.points, levels=levels, reasons=reasons):
            raise ValueError("; ".join(wrong))
        return self

    @model_validator(mode="after")
    def _four_eyes_name_what_there_is(self) -> Self:
        known = {*(rung.stage for rung in self.ladder), "avatar", "verification"}
        if unknown := [name for name in self.review.four_eyes if name not in known]:
            raise ValueError(f"review.four_eyes: {unknown} are neither stages of the ladder nor kinds of submissions")
        return self

    @model_validator(mode="after")
    def _facts_are_known(self) -> Self:
        for name, identity in self.identities.items():
            for material in identity.materials:
                for item in material.must_show:
                    if missing := [fact for fact in item.facts if fact not in self.facts]:
                        raise ValueError(
                            f"identities.{name}, material {material.kind}: unknown facts {missing}; add them to [facts]"
                        )
        for name, part in self:
            items = part.checklist if isinstance(part, SeenByPerson) else ()
            if missing := [fact for item in items for fact in item.facts if fact not in self.facts]:
                raise ValueError(f"{name}.checklist: unknown facts {missing}; add them to [facts]")
        return self

    def stage(self, name: str) -> Stage | None:
        """The rung of that name."""
        return next((rung for rung in self.ladder if rung.stage == name), None)

    def offers(self, *, stage: str, method: str) -> bool:
        """Whether a member who has chances left may verify themself for that stage by that method."""
        rung = self.stage(stage)
        return rung is not None and "verification" in rung.unlocked_by and method in dict(self.methods)

    def rank(self, name: str) -> int:
        """How high a rung is; the lowest is 0."""
        return [rung.stage for rung in self.ladder].index(name)

    def benefit_titles(self, benefits: Iterable[str]) -> tuple[str, ...]:
        """What a member calls these benefits; one that the policy no longer has, or a title, stays as it is."""
        return tuple(self.benefits.get(benefit, benefit) for benefit in benefits)

    def reasons_for(self, *, kind: str, verdict: str, profile: bool = True) -> Mapping[str, Reason]:
        """The reasons that this verdict on this kind of submission may give, by code; an approval gives none.

        Without a `profile` there is nothing that a picture could fail to match.
        """
        found: tuple[Reason, ...] = ()
        if verdict == "better_file":
            found = self.reasons.better_file
        elif verdict == "reject":
            found = self.reasons.avatar if kind == "avatar" else self.reasons.verification
        return {reason.code: reason for reason in found if profile or not reason.needs_profile}

    def needs_two(self, *, kind: str, stage: str | None) -> bool:
        """Whether two different people must agree on such a submission."""
        return kind in self.review.four_eyes or stage in self.review.four_eyes

    def sentence(self, code: str, *, kind: str, verdict: str) -> str:
        """What the member reads for a reason of a person's or a rule's verdict; its code where the policy does not have it."""
        return sentence_by([self], code, kind=kind, verdict=verdict)

    def title(self, *, identity: str | None, material: str) -> str:
        """What a piece of evidence is called."""
        if identity is None:
            return "Avatar"
        known = self.identities.get(identity)
        found = known.material(material) if known else None
        titles = {str(method): title for method, title in self.methods.items()}
        return found.title if found else titles.get(material, material)

    def checklist(
        self, *, kind: str, identity: str | None, material: str, profile: bool = True
    ) -> tuple[ChecklistItem, ...]:
        """What the reviewer answers for one piece of evidence: the avatar's list, or what a material or a method asks for.

        Without a `profile` there is nothing to compare a picture with.
        """
        if kind == "avatar" or identity is None:
            return tuple(item for item in self.avatar.checklist if profile or not item.needs_profile)
        known = self.identities.get(identity)
        found = known.material(material) if known else None
        if found is not None:
            return found.must_show
        method = dict(self).get(material)
        return method.checklist if isinstance(method, SeenByPerson) else ()


def sentence_by(policies: Iterable[Policy], code: str, *, kind: str, verdict: str) -> str:
    """What the member reads for a reason: by the first of the policies that has it, or its code."""
    for policy in policies:
        known = policy.reasons_for(kind=kind, verdict=verdict).get(code)
        if known or code in dict(policy.rulings):
            return known.text if known else str(dict(policy.rulings)[code])
    return code
