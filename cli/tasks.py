from typing import Annotated
from uuid import UUID

import typer
from rich.padding import Padding

from cli.output import AsJson, console, print_fields, print_json, styled, when
from cli.tools import operator, tools
from pipeline.audit.reads import member_read
from pipeline.tasks import operate
from pipeline.tasks.rules import TaskState

app = typer.Typer(no_args_is_help=True, help="Look at durable work; try it again or set it aside.")

TaskId = Annotated[UUID, typer.Argument(help="The task's id, as `task list` prints it.")]


@app.command("list")
def list_tasks(
    state: Annotated[TaskState | None, typer.Option(help="Only this state; without it, all that is not done.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind, for example mail.send.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """Tasks that are not done, the latest first. Parked ones wait for you and say why."""
    with tools() as tool:
        found = operate.tasks(tool.db, state=state, kind=kind, limit=limit)
    if as_json:
        print_json([dict(row) for row in found])
        return
    for row in found:
        line = "[bold]{id}[/bold]  {kind}  {state}, {attempts} tries, due {due}"
        shown = {name: row[name] for name in ("id", "kind", "state", "attempts")}
        console.print(styled(line, **shown, due=when(row["due_at"])))
        error = styled("{error}", error=row["last_error"] or "no error so far")
        console.print(Padding(error, (0, 0, 1, 2)), style="dim")
    if not found:
        console.print("No such work: everything is done.")


@app.command()
def show(task_id: TaskId, as_json: AsJson = False) -> None:
    """All of one task, with what it was given and how it failed."""
    with tools() as tool:
        row = dict(operate.task_shown(tool.db, task_id))
        member_read(tool.db, actor=operator(), route="task show", detail={"task_id": str(task_id)})
    if as_json:
        print_json(row)
    else:
        print_fields(row)


@app.command()
def retry(task_id: TaskId) -> None:
    """Try a parked or ready task at once, its tries counted anew."""
    with tools() as tool:
        operate.retry(tool.db, task_id, actor=operator())
    console.print(f"Task {task_id} is due now.")


@app.command("retry-parked")
def retry_parked(
    error: Annotated[str, typer.Option(help="The first word of the tasks' last error, such as StorageMisconfigured.")],
) -> None:
    """Try every task again that was parked by one error, after its cause is removed."""
    with tools() as tool:
        count = operate.retry_parked(tool.db, error=error, actor=operator())
    console.print(f"{count} tasks are due now.")


@app.command()
def dismiss(task_id: TaskId, reason: Annotated[str, typer.Option(help="Why; it is kept with the task.")]) -> None:
    """End a parked message of the queue door that nobody is to accept any more. What it said is deleted."""
    with tools() as tool:
        operate.dismiss(tool.db, task_id, reason=reason, actor=operator())
    console.print(f"Task {task_id} is dismissed.")


@app.command()
def park(task_id: TaskId, reason: Annotated[str, typer.Option(help="Why; it is kept with the task.")]) -> None:
    """Set a waiting task aside until somebody retries it."""
    with tools() as tool:
        operate.park(tool.db, task_id, reason=reason, actor=operator())
    console.print(f"Task {task_id} is parked.")
