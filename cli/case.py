from collections.abc import Iterator, Sequence
from typing import Any

from cli.output import console, print_fields, print_json, print_table, styled, when
from schemas.cases import Case, CaseMaterial, ReasonChoice


def print_case(case: Case, *, as_json: bool) -> None:
    """Print all that the case's reviewer may see."""
    if as_json:
        print_json(case)
        return
    print_fields(_facts(case))
    for material in case.materials:
        _print_material(material)
    _print_reasons("Reasons for a rejection", case.reasons)
    if "better_file" in case.allowed_actions:
        _print_reasons("Reasons for a better file", case.better_file_reasons)


def _print_reasons(title: str, reasons: Sequence[ReasonChoice]) -> None:
    rows = [[each.code, each.text] for each in reasons]
    print_table(["reason", "what the member reads"], rows, title=f"\n{title}")


def _facts(case: Case) -> dict[str, Any]:
    return {
        "claim": case.claim.id,
        "token": case.claim.token,
        "fence": case.claim.fence,
        "version": case.version,
        "yours until": case.claim.lease_until,
        "submission": case.submission_id,
        "kind": " ".join(filter(None, [case.kind, case.stage, case.identity])),
        "queue": f"{case.queue} ({case.language})",
        "you may": ", ".join(case.allowed_actions).replace("_", "-"),
        "member": f"{case.member.name} ({case.member_id})",
        "due": f"{when(case.due.promise_at)}: {case.due.why}",
        **{f"form: {name}": value for name, value in case.form.items()},
        "earlier": ", ".join(f"{each.kind} {each.verdict}" for each in case.earlier) or "nothing",
        **({"from": f"{case.offer.reviewer}: {case.offer.note or 'no note'}"} if case.offer else {}),
        **{f"escalated by {each.reviewer}": each.note for each in case.escalations},
        **{f"{each.reviewer} says": f"{each.verdict} {' '.join(each.reasons)}" for each in case.opinions},
    }


def _print_material(material: CaseMaterial) -> None:
    heading = "\n[bold]{title}[/bold]  {name}  [dim]{id}[/dim]"
    console.print(styled(heading, title=material.title, name=material.filename or "", id=material.id))
    for line in _warnings(material):
        console.print(styled("  [yellow]{line}[/yellow]", line=line))
    for item in material.checklist:
        facts = " ".join(item.facts)
        console.print(styled("  ▢ {text}  [dim]{code} {facts}[/dim]", text=item.text, code=item.code, facts=facts))
    for page in material.pages:
        if page.purpose == "large":
            console.print(f"  page {page.page}: {page.url}", soft_wrap=True)


def _warnings(material: CaseMaterial) -> Iterator[str]:
    """The signals that a reviewer should see, as sentences."""
    signals = material.signals
    faces = (signals.get("faces") or {}).get("count")
    if faces is not None and faces != 1 and material.kind == "avatar":
        yield f"{faces} faces found"
    if (signals.get("blur") or {}).get("blurred"):
        yield "the picture is blurred"
    if edited_by := (signals.get("exif") or {}).get("edited_by"):
        yield f"edited with {edited_by}"
    for field, match in (signals.get("form") or {}).get("fields", {}).items():
        where = f"found on page {match['page']}" if match["found"] else "not found in the text"
        yield f"{field.replace('_', ' ')} of the form: {where}"
    for each in material.duplicates:
        yield f"{'the same file as one' if each.exact else 'similar to a file'} of member {each.member_id} (submission {each.submission_id})"
