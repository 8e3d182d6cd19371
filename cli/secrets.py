from typing import Annotated

import typer

from cli.output import console
from cli.tools import operator, tools
from pipeline.audit.record import write
from pipeline.kernel.encryption import fresh_key
from pipeline.kernel.errors import Conflict
from pipeline.kernel.rewrapping import BATCH, rewrap_all

app = typer.Typer(no_args_is_help=True, help="The keys that seal secrets in the database.")


@app.command()
def key() -> None:
    """Print a new key for PROOFDESK_ENCRYPTION_KEYS. Nothing is stored."""
    console.print(fresh_key(), soft_wrap=True)


@app.command()
def rotate(
    batch: Annotated[int, typer.Option(min=1, help="How many rows are read at a time.")] = BATCH,
) -> None:
    """Wrap every secret anew by the first key. Then the older keys can be removed. Run it again if it was stopped."""
    with tools() as tool:
        done = rewrap_all(tool.db, tool.sealer, batch=batch)
        with tool.db.begin() as connection:
            detail = {"rows": done.rows, "older": done.older}
            write(connection, "secrets.rotated", actor=operator(), detail=detail)
    console.print(f"{done.rows} rows were wrapped anew by the first key.")
    if done.older:
        raise Conflict(
            f"{done.older} secrets were written under an older key meanwhile. Restart all processes, then run it again."
        )
    console.print("Every secret is under the first key: the older keys can be removed.")
