"""What a test key sends waits in a queue of its own, and its mails are held."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_QUEUES = "queue IN ('avatar', 'verification', 'second', 'senior'%s)"
_STATES = "state IN ('pending', 'sending', 'sent', 'unknown', 'withdrawn', 'suppressed'%s)"


def upgrade() -> None:
    _check("submission", "known_queue", _QUEUES % ", 'test'")
    _check("mail", "known_state", _STATES % ", 'held'")


def downgrade() -> None:
    op.execute("UPDATE submission SET queue = kind WHERE queue = 'test'")
    op.execute("UPDATE mail SET state = 'suppressed' WHERE state = 'held'")
    _check("submission", "known_queue", _QUEUES % "")
    _check("mail", "known_state", _STATES % "")


def _check(table: str, name: str, condition: str) -> None:
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)
