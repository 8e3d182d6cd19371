from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import typer
from rich.text import Text
from sqlalchemy import func, select

from cli.output import AsJson, console, print_json, print_table, styled, when
from config.container import Container, build_container
from config.settings import load_settings
from pipeline.audit.sealing import LATE, unsealed_since
from pipeline.events.webhooks.endpoints import list_endpoints
from pipeline.inspection.confinement.advice import ADVICE, lacking
from pipeline.inspection.confinement.confine import PROTECTIONS
from pipeline.inspection.fonts.packaged import missing as missing_fonts
from pipeline.inspection.fonts.packaged import versions as font_versions
from pipeline.inspection.sandbox import Redactor
from pipeline.kernel import clock
from pipeline.kernel.errors import Misconfigured, ProofdeskError
from pipeline.kernel.rewrapping import older_values
from pipeline.migrations.role_faults import role_faults
from pipeline.migrations.upgrade import pending
from pipeline.policy.service_levels import Clock
from pipeline.submission.due import parts_to_name
from pipeline.tasks import operate
from pipeline.tasks.rules import QUEUES
from pipeline.tasks.stalled import MOST_COUNTED, StalledWork, stalled_work
from pipeline.workflows.erasure.progress import overdue

LATE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check, with what was seen and what to do. A `note` says what could be better where all is fine."""

    name: str
    fine: bool
    seen: str
    advice: str = ""
    note: str = ""
    waiting: Sequence[StalledWork] = ()


def doctor(as_json: AsJson = False) -> None:
    """Check settings, policy, database, broker, object store, mail server, waiting work, sandbox and fonts. Exit 1 if anything is wrong."""
    found = list(examine())
    if as_json:
        print_json([_as_json(each) for each in found])
    else:
        rows = [[_state(each), each.name, _seen(each)] for each in found]
        print_table(["", "check", "seen"], rows)
        console.print("All checks passed." if all(each.fine for each in found) else "Some checks failed; see above.")
    if not all(each.fine for each in found):
        raise typer.Exit(1)


def _as_json(check: Check) -> dict[str, Any]:
    waits = [{"for": each.dependency, "tasks": each.tasks, "circuit_open": each.circuit_open} for each in check.waiting]
    shown = {"check": check.name, "ok": check.fine, "seen": check.seen, "advice": check.advice}
    noted = {"note": check.note} if check.note else {}
    return {**shown, **noted, "waiting": waits} if waits else {**shown, **noted}


def _state(check: Check) -> Text:
    fine = "[yellow]note[/yellow]" if check.note else "[green]ok[/green]"
    return styled(fine if check.fine else "[red]wrong[/red]")


def _seen(check: Check) -> Text:
    """What was seen, with the advice where it is wrong, or the note."""
    said = check.note if check.fine else check.advice
    return styled("{seen} [bold]{said}[/bold]" if said else "{seen}", seen=check.seen, said=said)


def examine() -> Iterator[Check]:
    """Every check, each after those that it depends on."""
    try:
        settings = load_settings()
    except Misconfigured as error:
        yield Check(
            "settings", fine=False, seen=str(error), advice="Set the variables, or run proofdesk up in this folder."
        )
        return
    yield Check("settings", fine=True, seen=f"{settings.profile} profile")
    tools = build_container(settings, patient=False)
    checks: list[tuple[str, str, Callable[[Container], str]]] = [
        ("rates", "Correct the file of PROOFDESK_RATES_FILE.", _rates),
        ("policy", "Correct the policy file.", lambda tool: f"version {tool.policy.version}"),
        ("database", "Start PostgreSQL, or correct PROOFDESK_DATABASE_URL.", _database),
        ("schema", "Run: proofdesk migrate", _schema),
        ("encryption", "Run: proofdesk secrets rotate", _encryption),
        (
            "database roles",
            "Let PROOFDESK_DATABASE_URL name a role of its own and PROOFDESK_MIGRATION_DATABASE_URL the owner, then run: proofdesk migrate",
            _roles,
        ),
        (
            "audit",
            "Give the relays PROOFDESK_AUDIT_SIGNING_KEY, and start one. Then run: proofdesk audit verify",
            _audit,
        ),
        ("clock", "Synchronise this machine's clock by NTP: due times depend on it.", _clock),
        (
            "broker",
            "Start Valkey or Redis, let it take writes, or correct PROOFDESK_BROKER_URL. Until then work goes on more slowly.",
            _broker,
        ),
        ("broker memory", "Set maxmemory-policy to noeviction.", _eviction),
        ("object store", "Start the S3 server, correct PROOFDESK_STORAGE_URL, or run: proofdesk migrate", _storage),
        ("mail server", "Start the mail server, or correct PROOFDESK_SMTP_URL. Mails wait until then.", _mail),
        (
            "circuits",
            "Restore the dependency, see above. The work goes on by itself within half a minute after that.",
            _circuits,
        ),
        (
            "waiting work",
            "Mend first what is wrong above. Else start, or add more of: python -m workers.relay, python -m workers.",
            _waiting,
        ),
        ("endpoints", "Have its owner repair it, then run: proofdesk webhook resume ID. No event is lost.", _endpoints),
        ("erasures", "Start a relay and a worker, then look at: proofdesk task list --state parked", _erasures),
        ("dead work", "List it with: proofdesk task list --state parked", _parked),
    ]
    for name, advice, look in checks:
        yield _checked(name, advice, look, tools)
        if name == "policy":
            yield calendar_check(tools.policy.clock, clock.now().year)
    yield from _sandbox(tools)
    yield font_check()
    tools.close()


def calendar_check(team: Clock, year: int) -> Check:
    """By which calendar promises are counted; a country whose parts have holidays of their own asks for one of them."""
    region = f"{team.country}-{team.subdivision}" if team.subdivision else team.country
    parts = parts_to_name(team, year)
    note = (
        f"Only the holidays of the whole country are known. Name the team's part: subdivision in [clock] of the policy, one of {', '.join(parts)}."
        if parts
        else ""
    )
    return Check("calendar", fine=True, seen=f"working days of {region}, {team.timezone}.", note=note)


def _shown(_: object) -> None:
    """Nothing is logged: the checks show it."""


def _sandbox(tools: Container) -> Iterator[Check]:
    """Each protection of the processes that open files: on, or off and why. One that must be on is wrong where it is off."""
    required = tools.settings.sandbox == "required"
    try:
        with closing(Redactor(required=False, weakened=_shown)) as children:  # it starts sooner, and is confined alike
            missing = children.missing()
    except ProofdeskError as error:
        yield Check("sandbox", fine=False, seen=str(error), advice="Look at the limits on processes and memory.")
        return
    needed = lacking(missing) if required else {}
    yield Check("sandbox", fine=not needed, seen=tools.settings.sandbox, advice="No worker starts here; see below.")
    for name in PROTECTIONS:
        seen = f"off: {missing[name]}" if name in missing else "on"
        yield Check(f"sandbox: {name}", fine=name not in needed, seen=seen, advice=ADVICE[name])


def font_check() -> Check:
    """The packages of fonts by which pages are drawn whose own fonts are missing."""
    packages = missing_fonts()
    seen = ", ".join(f"{name} {version}" for name, version in font_versions().items())
    advice = f"Install again: {', '.join(packages)}. Until then such pages lack their words, and reviewers are warned."
    return Check("fonts", fine=not packages, seen=seen, advice=advice)


def _checked(name: str, advice: str, look: Callable[[Container], str], tools: Container) -> Check:
    try:
        return Check(name, fine=True, seen=look(tools))
    except ProofdeskError as error:
        found = error.found if isinstance(error, _WorkWaits) else ()
        return Check(name, fine=False, seen=str(error), advice=advice, waiting=found)
    except Exception as error:  # noqa: BLE001  (a check reports every error)
        return Check(name, fine=False, seen=f"{type(error).__name__}: {error}".splitlines()[0], advice=advice)


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _database(tools: Container) -> str:
    return f"PostgreSQL {tools.db.ping()} at {_place(tools.settings.database_url)}"


def _schema(tools: Container) -> str:
    if (wanted := pending(tools.reading.engine)) is not None:
        raise Misconfigured(f"The schema is older than this version, which needs revision {wanted}.")
    return "up to date"


def _encryption(tools: Container) -> str:
    if tools.sealer.open(tools.sealer.seal("doctor", place="doctor"), place="doctor") != "doctor":
        raise Misconfigured("What the key seals does not open.")
    if older := older_values(tools.db, tools.sealer):
        raise Misconfigured(f"{older} secrets are under an older key.")
    return "secrets are sealed by the first key" if tools.kms is None else "secrets are sealed by the key service"


def _roles(tools: Container) -> str:
    role, faults = role_faults(tools.db)
    if faults:
        raise Misconfigured(
            f"The application's role {role} {', '.join(faults)}: it could change the record of who did what."
        )
    return f"the application is {role}, who cannot change tables or the audit"


def _audit(tools: Container) -> str:
    with tools.reading.read() as connection:
        since = unsealed_since(connection)
    if since is not None and clock.now() - since > LATE:
        raise Misconfigured(
            f"What was recorded since {since:%Y-%m-%d %H:%M} UTC is not sealed: it could be changed unseen."
        )
    return "every row is sealed, or younger than a few minutes"


def _clock(tools: Container) -> str:
    with tools.reading.read() as connection:
        database_seconds = connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one()
    seconds = abs(clock.now().timestamp() - float(database_seconds))
    if seconds > 5:  # noqa: PLR2004
        raise Misconfigured(f"This machine's clock and the database's differ by {seconds:.0f} s.")
    return "agrees with the database's"


def _broker(tools: Container) -> str:
    tools.broker.require_work_taken()
    info = tools.broker.client.info("server")
    return f"{info.get('server_name', 'redis')} {info.get('valkey_version') or info['redis_version']} at {_place(tools.settings.broker_url)}"


def _rates(tool: Container) -> str:
    if tool.rates_of_orders is None:
        return "those of the policy"
    return f"{tool.rates_of_orders.check()} in the file, beside those of the policy"


def _eviction(tools: Container) -> str:
    policy = tools.broker.client.info("memory")["maxmemory_policy"]
    if policy != "noeviction":
        raise Misconfigured(f"maxmemory-policy is {policy}: a full broker would drop messages.")
    return "noeviction"


def _storage(tools: Container) -> str:
    """The buckets are there, and our key may write, read and delete in each: a right may be missing for one of these alone."""
    storage = tools.storage
    storage.require_buckets()
    for bucket in (storage.uploads, storage.vault, storage.public):
        storage.require_rights(bucket)
    if tools.settings.storage_put_once and not storage.puts_once():
        raise Misconfigured(
            "The store ignores If-None-Match: until a file is inspected, its upload link can be put again."
        )
    return f"three buckets at {_place(tools.settings.storage_url)}, written and read"


def _mail(tools: Container) -> str:
    return tools.mailer.ping()


def _circuits(tools: Container) -> str:
    if found := stalled_work(tools.reading):
        raise _WorkWaits(found)
    return "nothing waits for the object store or the mail server"


def _waits(each: StalledWork) -> str:
    """The number of tasks that wait for one dependency, as a sentence."""
    number = "1 task waits" if each.tasks == 1 else f"{each.tasks} tasks wait"
    most = " or more" if each.tasks >= MOST_COUNTED else ""
    circuit = "its circuit is open in a worker" if each.circuit_open else "no circuit is open"
    return f"{number}{most} for the {each.dependency} ({circuit}), next try {when(each.next_try_at)}"


class _WorkWaits(Misconfigured):
    """Tasks wait for a dependency that was away at their last try."""

    def __init__(self, found: Sequence[StalledWork]) -> None:
        self.found = found
        super().__init__("; ".join(_waits(each) for each in found))


def _waiting(tools: Container) -> str:
    late = [
        row
        for row in operate.counts(tools.reading)
        if row["state"] == "ready" and clock.now().timestamp() - row["oldest_due_at"].timestamp() > LATE_SECONDS
    ]
    if late:
        raise Misconfigured(
            "; ".join(f"{row['count']} × {row['kind']} wait since {row['oldest_due_at']:%H:%M}" for row in late)
        )
    return f"nothing is late on {', '.join(QUEUES)}"


def _endpoints(tools: Container) -> str:
    found = list_endpoints(db=tools.reading)
    if resting := [each for each in found if each.state == "paused"]:
        raise Misconfigured(
            "; ".join(f"{each.url} is paused ({each.pending} events wait): {each.paused_because}" for each in resting)
        )
    return f"{len(found)} active" if found else "none"


def _erasures(tools: Container) -> str:
    if late := overdue(tools.reading):
        raise Misconfigured(f"Past their deadline, and not finished: {late} erasures.")
    return "none is past its deadline"


def _parked(tools: Container) -> str:
    parked = [row for row in operate.counts(tools.reading) if row["state"] == "parked"]
    if parked:
        raise Misconfigured("; ".join(f"{row['count']} × {row['kind']} parked" for row in parked))
    return "none"
