import os
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.demo.clients import Api, Upstream
from cli.demo.demo_file import demo_file
from cli.demo.job import Job
from cli.demo.plan import Plan, Sent
from cli.demo.report import as_object, ended_line, places, print_report, svg_of_console
from cli.demo.reviewer import Reviewer
from cli.demo.scenario import plans
from cli.embedded import EmbeddedError
from cli.embedded.stack import AlreadyUp, Stack, running
from cli.output import AsJson, console, errors, print_json, styled
from cli.tools import operator, tools
from cli.up import Home, announce
from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.reviewers import add_reviewer


def demo(
    home: Home = Path(".proofdesk"),
    stay: Annotated[bool, typer.Option("--stay", help="Keep everything running afterwards, until Ctrl-C.")] = False,
    as_json: AsJson = False,
    picture: Annotated[Path | None, typer.Option(help="Also write the output as an SVG picture.", hidden=True)] = None,
) -> None:
    """Run the main job from upload to mail on about 40 submissions, and check every result. Exit 1 on a mismatch."""
    try:
        with _stack(home) as (environment, stack):
            job = _run(environment, as_json=as_json)
            if as_json:
                print_json(as_object(job))
            else:
                console.record = picture is not None
                print_report(job, where=places(environment, running=stay or stack is None))
            if picture is not None:
                picture.write_text(svg_of_console())
            if stay and stack is not None:
                _stay(stack)
    except EmbeddedError as error:
        errors.print(styled("[red]Proofdesk did not start.[/red] {error}", error=error), soft_wrap=True)
        raise typer.Exit(1) from None
    if not job.as_expected:
        raise typer.Exit(1)


@contextmanager
def _stack(home: Path) -> Iterator[tuple[Mapping[str, str], Stack | None]]:
    """The stack that runs in this folder, or a new one for the time of the demo."""
    already = running(home)
    if already is not None:
        errors.print(f"Using the Proofdesk that runs in this folder (process {already.pid}).")
        yield already.environment, None
        return
    errors.print("Starting PostgreSQL, Valkey, an S3 server, a mail sink, and Proofdesk …")
    try:
        with Stack(home, on_event=announce) as stack:
            yield stack.environment(), stack
    except AlreadyUp as up:
        errors.print(f"Another command is starting Proofdesk in this folder (process {up.pid}). Try again in a moment.")
        raise typer.Exit(1) from None


def _run(environment: Mapping[str, str], *, as_json: bool) -> Job:
    os.environ["PROOFDESK_HOME"] = environment["PROOFDESK_HOME"]
    run = secrets.token_hex(3)
    planned = plans()
    with tools() as tool:
        submit_key, review_key = _keys(tool, run)
        url, mail_folder = environment["PROOFDESK_WEB_URL"], Path(environment["PROOFDESK_MAIL_FOLDER"])
        with closing(Api(url, submit_key)) as upstream_api, closing(Api(url, review_key)) as review_api:
            upstream = Upstream(upstream_api, tool.broker, run=run)
            job = Job(
                planned, upstream, mail_folder=mail_folder, run=run, on_ended=_Progress(len(planned), quiet=as_json)
            )
            errors.print(
                f"Submitting {sum(plan.after is None for plan in planned)} of {len(planned)}; the others follow after these …"
            )
            job.submit_first()
            reviewer = Reviewer(review_api, job.plan_of, _facts, run=run)
            reviewer.start()
            job.follow(reviewer)
            reviewer.stop()
            job.check()
    return job


def _keys(tool: Container, run: str) -> tuple[str, str]:
    """A key for upstream and one for the reviewer, as `proofdesk key create` makes them.

    Upstream also reads what it sends through the queue, which belongs to no key.
    """
    add_reviewer("demo.reviewer", actor=operator(), db=tool.db)
    _, submit_key = create_key(f"demo-{run}", [Scope.SUBMIT_ALL], reviewer_id=None, actor=operator(), db=tool.db)
    _, review_key = create_key(f"demo-{run}", [Scope.REVIEW], reviewer_id="demo.reviewer", actor=operator(), db=tool.db)
    return submit_key, review_key


def _facts(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    """The facts in a plan's files or in a register, by kind of material."""
    return {plan.method: plan.facts, **{upload.kind: demo_file(upload.file).facts for upload in plan.uploads}}


class _Progress:
    """Prints a line on standard error for each submission that has ended."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total, self._ended, self._quiet = total, 0, quiet

    def __call__(self, sent: Sent) -> None:
        self._ended += 1
        if not self._quiet:
            errors.print(ended_line(sent, self._ended, self._total))


def _stay(stack: Stack) -> None:
    errors.print("Everything keeps running. Stop with Ctrl-C.")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stack.stop_requested.set())
    stack.supervise()
