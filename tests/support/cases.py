"""Many cases in review, put there by one statement, for what is to be seen of a long queue."""

from sqlalchemy import text

from pipeline.kernel.database import Database

INSERT = text(
    """
    INSERT INTO submission (id, member_id, kind, method, stage, identity, member, state, queue, version, chance, door,
                            accepted_by, accepted_at, target_at, due_at, due_rule, policy_version, correlation_id)
    SELECT gen_random_uuid(), 'member-' || i,
           CASE WHEN i % 2 = 0 THEN 'avatar' ELSE 'verification' END,
           CASE WHEN i % 2 = 0 THEN NULL ELSE 'materials' END, CASE WHEN i % 2 = 0 THEN NULL ELSE 'verified' END,
           CASE WHEN i % 2 = 0 THEN NULL ELSE 'wholesaler' END,
           jsonb_build_object('name', 'Ada', 'email', 'ada@shop.example.com',
                              'locale', (ARRAY['en', 'zh-Hans', 'es-MX'])[i / 2 % 3 + 1]),
           'in_review', CASE WHEN i % 2 = 0 THEN 'avatar' ELSE 'verification' END, 2,
           CASE WHEN i % 2 = 0 THEN NULL ELSE 1 END, 'http', 'bench', now(), now() + interval '1 day',
           now() + (i % 9973 - 500) * interval '1 minute', jsonb_build_object('name', 'hours_by_the_clock', 'hours', 24, 'warning_hours', 4, 'from', now(),
                              'since', 'acceptance', 'sentence', 'within a day'), 'test', 'bench'
    FROM generate_series(1, CAST(:count AS bigint)) AS i
    """
)


def insert_cases(db: Database, count: int) -> None:
    """`count` cases of two kinds and three languages, some of them overdue; nothing but their rows."""
    with db.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(INSERT, {"count": count})
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE submission"))
