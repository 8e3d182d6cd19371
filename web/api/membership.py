from fastapi import APIRouter

from pipeline.kernel.errors import NotFound
from pipeline.membership.rules.forms import form_schema, identity_view
from pipeline.membership.views import ladder_of, membership_of
from pipeline.submission.evidence.rules.tax_numbers import COUNTRIES, is_number_of, taken_kinds
from schemas.base import Identifier
from schemas.members import IdentityView, LadderView, MembershipView, TaxCountry
from web.api.dependencies import SchemaResponse, SubmitterOrMember, SubmitterOrThisMember, Tools
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1", tags=["membership"])


@router.get("/membership/ladder", summary="The ladder of membership")
def get_ladder(tools: Tools, _caller: SubmitterOrMember) -> LadderView:
    """The stages with their benefits, and the methods that unlock each."""
    return ladder_of(tools.policy)


@router.get("/membership/identities", summary="The identities with their forms and materials")
def list_identities(tools: Tools, _caller: SubmitterOrMember) -> tuple[IdentityView, ...]:
    """Each identity with its form as JSON Schema, its materials, and what each of them must show."""
    return tuple(identity_view(name, each, tools.policy) for name, each in tools.policy.identities.items())


@router.get(
    "/membership/identities/{identity}/form.schema.json",
    summary="The form of one identity as JSON Schema",
    response_class=SchemaResponse,
)
def get_form_schema(identity: Identifier, tools: Tools, _caller: SubmitterOrMember) -> SchemaResponse:
    """JSON Schema, draft 2020-12. It describes `form` of a submission."""
    found = tools.policy.identities.get(identity)
    if found is None:
        raise NotFound(f"There is no identity {identity!r}. Use one of {', '.join(tools.policy.identities)}.")
    return SchemaResponse(form_schema(identity, found, tools.policy))


@router.get("/membership/tax-countries", summary="The countries whose tax numbers can be checked")
def list_tax_countries(_caller: SubmitterOrMember) -> tuple[TaxCountry, ...]:
    """Each country with the kinds of numbers that are taken. Numbers of other countries are refused; use another method."""
    return tuple(
        TaxCountry(
            country=country, number=is_number_of(country), kinds=tuple(each.name for each in taken_kinds(country))
        )
        for country in COUNTRIES
    )


@router.get(
    "/members/{member_id}/membership", dependencies=[RECORDED], summary="A member's level, benefits, stages and chances"
)
def get_membership(member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember) -> MembershipView:
    """Level and benefits; each stage with its methods and chances; what is under review, and until when; every change of level."""
    return membership_of(member_id, db=tools.db, policy=tools.policy)
