"""Every guard of the promises: where it is, how it is removed, and the test that must fail without it."""

from dataclasses import dataclass

LEDGER = "pipeline/tasks/ledger.py"
RELAY = "pipeline/tasks/relay.py"
GRANT = "pipeline/review/claims/grant.py"
LOOKUP = "pipeline/review/claims/lookup.py"
SCHEMA = "pipeline/migrations/versions/0001_the_first_schema.py"
QUALITY = "pipeline/migrations/versions/0010_quality.py"
SEND = "pipeline/notification/send.py"
AVATAR = "pipeline/avatar/service.py"
IDEMPOTENCY = "pipeline/kernel/idempotency.py"
CONSUMER = "workers/consumer.py"


@dataclass(frozen=True, slots=True)
class Guard:
    """`edits` are (what is there, what is left) in `file`; `test` is `file::name` beneath `tests/integration`."""

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]
    test: str


def guard(name: str, file: str, there: str, left: str, test: str) -> Guard:
    return Guard(name, file, ((there, left),), test)


TASKS = (
    guard(
        "Only the token's holder finishes",
        LEDGER,
        "task.c.state == TaskState.RUNNING, task.c.token == token",
        "task.c.state == TaskState.RUNNING",
        "tasks/test_ledger.py::test_a_worker_that_lost_its_lease_rolls_its_effects_back",
    ),
    guard(
        "The token grows with every claim",
        LEDGER,
        "token=task.c.token + 1,",
        "token=task.c.token,",
        "tasks/test_ledger.py::test_a_worker_that_lost_its_lease_rolls_its_effects_back",
    ),
    guard(
        "What is not running is not finished again",
        LEDGER,
        "task.c.state == TaskState.RUNNING, task.c.token == token",
        "task.c.token == token",
        "tasks/test_ledger.py::test_a_task_is_finished_once",
    ),
    guard(
        "Effects are rolled back where finish finds nothing",
        LEDGER,
        "if ended.rowcount != 1:",
        "if ended.rowcount > 1:",
        "tasks/test_ledger.py::test_a_worker_that_lost_its_lease_rolls_its_effects_back",
    ),
    guard(
        "The same work has one key",
        LEDGER,
        'dedup_key or f"{kind.name}:{ref_id}"',
        "dedup_key or str(new_id())",
        "tasks/test_ledger.py::test_the_same_work_is_recorded_once",
    ),
    guard(
        "A key is in the ledger once",
        SCHEMA,
        'sa.UniqueConstraint("dedup_key", name=op.f("uq_task_dedup_key")),',
        "",
        "workflows/test_last_guards.py::test_the_database_itself_refuses_a_second_one[task]",
    ),
    guard(
        "A claim takes only what is ready",
        LEDGER,
        "            task.c.state == TaskState.READY,\n            task.c.due_at <= func.now(),\n",
        "            task.c.due_at <= func.now(),\n",
        "tasks/test_ledger.py::test_of_many_workers_at_once_one_gets_the_task",
    ),
    guard(
        "A claim takes only what is due",
        LEDGER,
        "            task.c.state == TaskState.READY,\n            task.c.due_at <= func.now(),\n",
        "            task.c.state == TaskState.READY,\n",
        "tasks/test_ledger.py::test_a_task_that_is_not_due_yet_is_not_given_out",
    ),
    guard(
        "What kills its worker each time is parked",
        LEDGER,
        "exhausted = task.c.attempts >= kind.max_tries",
        "exhausted = task.c.attempts < 0",
        "tasks/test_ledger.py::test_a_task_whose_worker_is_killed_each_time_is_parked_and_not_tried_for_ever",
    ),
    guard(
        "What is away uses up no try",
        LEDGER,
        '{"attempts": mine.tries - 1, "waits": mine.waits + 1} if away else {}',
        "{}",
        "tasks/test_ledger.py::test_however_long_something_is_away_the_work_waits_and_goes_on",
    ),
    guard(
        "A statement that PostgreSQL ended uses up a try",
        LEDGER,
        " and not error.uses_tries",
        "",
        "../attacks/test_statements_that_take_too_long.py"
        "::test_a_statement_that_is_ended_each_time_uses_up_tries_and_is_parked_with_its_reason",
    ),
    guard(
        "Many rows are changed in batches",
        "pipeline/kernel/batches.py",
        ".limit(most)",
        "",
        "../attacks/test_statements_that_take_too_long.py"
        "::test_what_is_forgotten_goes_in_batches_though_there_is_much_of_it",
    ),
    guard(
        "A process that beats keeps its tasks",
        "pipeline/tasks/processes.py",
        "where(*same, as_seen)",
        "where(*same)",
        "../attacks/test_dead_workers.py::test_a_worker_that_beats_at_the_last_moment_keeps_what_it_holds",
    ),
    guard(
        "A relay that stood still watches anew",
        "pipeline/tasks/processes.py",
        "self._looked_at is None or now - self._looked_at > LONGEST_PAUSE_SECONDS",
        "self._looked_at is None",
        "../unit/tasks/test_dead_processes.py::test_a_process_is_dead_that_was_watched_in_silence_for_so_long",
    ),
    guard(
        "Hints leave after the commit only",
        "pipeline/kernel/database.py",
        "            yield connection\n        if hints:\n            self._after_commit(hints)",
        "            try:\n                yield connection\n            finally:\n                self._after_commit(hints)",
        "tasks/test_ledger.py::test_work_that_was_recorded_in_a_transaction_that_failed_does_not_exist",
    ),
    guard(
        "What was hinted lately is marked",
        RELAY,
        "task.c.due_at <= func.now(), or_(task.c.hinted_at.is_(None), lost))",
        "task.c.due_at <= func.now())",
        "tasks/test_relay.py::test_what_was_hinted_lately_is_not_hinted_again",
    ),
    guard(
        "A hint that was lost is given again",
        RELAY,
        "or_(task.c.hinted_at.is_(None), lost)",
        "task.c.hinted_at.is_(None)",
        "tasks/test_relay.py::test_a_hint_that_was_lost_is_given_again_after_a_while",
    ),
    guard(
        "A hint that did not leave is unmarked",
        RELAY,
        "        forget_hints(db, hints)\n",
        "",
        "tasks/test_relay.py::test_a_relay_whose_broker_is_away_leaves_its_tasks_to_be_hinted_at_once_when_it_is_back",
    ),
    guard(
        "Relays skip each other's rows",
        RELAY,
        ".with_for_update(skip_locked=True)",
        ".with_for_update()",
        "tasks/test_relay.py::test_a_relay_leaves_what_another_one_has_in_hand_and_does_not_wait_for_it",
    ),
    guard(
        "Leases that ran out are swept",
        RELAY,
        "return sum(_give_back(db, row.id, row.token, row.kind, row.attempts) for row in expired)",
        "return 0",
        "tasks/test_relay.py::test_a_lease_that_ran_out_is_taken_back_and_the_work_hinted",
    ),
    guard(
        "A bad row does not stop the sweep",
        RELAY,
        '        log.exception("task.sweep_failed", task_id=str(task_id))\n        return False',
        "        raise",
        "tasks/test_relay.py::test_a_row_that_cannot_be_taken_back_does_not_stop_the_rest",
    ),
    guard(
        "A period is fired once",
        SCHEMA,
        'sa.PrimaryKeyConstraint("name", "run_at", name=op.f("pk_schedule_run")),',
        "",
        "tasks/test_relay.py::test_two_schedulers_racing_fire_each_period_once",
    ),
    guard(
        "A renewal is for the holder only",
        LEDGER,
        "update(task).where(*_held(mine.id, mine.token)).values(lease_until=lease)",
        "update(task).where(task.c.id == mine.id).values(lease_until=lease)",
        "tasks/test_ledger_rows.py::test_a_worker_that_lost_its_lease_cannot_renew_or_finish_and_is_told_which",
    ),
    guard(
        "An inspector renews before each file",
        "pipeline/inspection/service.py",
        "        ledger.renew(db, task)\n",
        "",
        "workflows/test_last_guards.py::test_an_inspector_that_was_overtaken_writes_nothing_into_the_vault",
    ),
)

REVIEW = (
    guard(
        "A move is from the version that was looked at",
        "pipeline/submission/lifecycle.py",
        "if version is not None and version != row.version:",
        "if version is not None and version < 0:",
        "submission/test_transitions.py::test_a_move_from_another_version_than_the_present_one_is_stale_and_changes_nothing[2]",
    ),
    guard(
        "One live claim for each case",
        QUALITY,
        '        "claim",\n        ["submission_id"],\n        unique=True,\n',
        '        "claim",\n        ["submission_id"],\n        unique=False,\n',
        "workflows/test_last_guards.py::test_the_database_itself_refuses_a_second_one[claim]",
    ),
    guard(
        "A decision needs a live lease",
        GRANT,
        ".where(*mine(claim_id, token, reviewer_id), *fenced, LIVE)",
        ".where(*mine(claim_id, token, reviewer_id), *fenced)",
        "review/test_decisions.py::test_a_decision_with_an_expired_claim_is_refused_and_changes_nothing",
    ),
    guard(
        "A decision names the claim's fence",
        GRANT,
        ".where(*mine(claim_id, token, reviewer_id), *fenced, LIVE)",
        ".where(*mine(claim_id, token, reviewer_id), LIVE)",
        "review/test_decisions.py::test_a_decision_on_something_else_than_was_looked_at_is_refused",
    ),
    guard(
        "A claim is used with its token",
        LOOKUP,
        "claim.c.id == claim_id, claim.c.token == token, claim.c.reviewer_id == reviewer_id",
        "claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id",
        "review/test_claims.py::test_a_claim_is_renewed_and_released_by_its_holder_only",
    ),
    guard(
        "Requests of one reviewer queue up for the cap",
        LOOKUP,
        'select(reviewer).where(reviewer.c.id == bindparam("reviewer")).with_for_update()',
        'select(reviewer).where(reviewer.c.id == bindparam("reviewer"))',
        "review/test_claims.py::test_ten_requests_of_one_reviewer_at_once_do_not_pass_the_cap",
    ),
    guard(
        "Nobody is given a case that they have an opinion of",
        "pipeline/review/claims/next_case.py",
        "opinion.c.reviewer_id == who",
        "opinion.c.reviewer_id == None",
        "review/test_four_eyes.py::test_nobody_looks_twice_even_with_the_role_or_when_asked_to",
    ),
    guard(
        "An opinion is undone only while it is the last word",
        "pipeline/review/decisions/four_eyes.py",
        "or case.version != given.version",
        "or case.version < given.version",
        "review/test_four_eyes.py::test_the_first_verdict_stands_once_the_second_was_given",
    ),
    guard(
        "A chance is held once",
        SCHEMA,
        '["member_id", "method", "stage", "chance"],\n        unique=True,',
        '["member_id", "method", "stage", "chance"],\n        unique=False,',
        "workflows/test_last_guards.py::test_the_database_itself_refuses_a_second_one[chance]",
    ),
    guard(
        "Submissions of one member queue up",
        "pipeline/intake/accept.py",
        '        one_at_a_time(connection, f"member:{command.member_id}")',
        "        #",
        "submission/test_chances.py::test_twenty_submissions_at_once_take_exactly_five_chances",
    ),
    guard(
        "One open avatar for each member",
        SCHEMA,
        '"uq_submission_open_avatar",\n        "submission",\n        ["member_id"],\n        unique=True,',
        '"uq_submission_open_avatar",\n        "submission",\n        ["member_id"],\n        unique=False,',
        "workflows/test_last_guards.py::test_the_database_itself_refuses_a_second_one[avatar]",
    ),
    guard(
        "A key gives its first answer",
        IDEMPOTENCY,
        "    answer: Mapping[str, Any] = known.answer\n    return answer",
        "    return None",
        "intake/test_http_door.py::test_the_same_key_and_body_give_the_same_answer",
    ),
    guard(
        "A key is for one body",
        IDEMPOTENCY,
        "if not request.is_that(known.fingerprint):",
        "if known.fingerprint is None:",
        "intake/test_http_door.py::test_the_same_key_with_another_body_is_refused",
    ),
    guard(
        "A retry is known by what was sent",
        "web/api/dependencies.py",
        "sent=value_sent() if body is not None else None",
        "sent=value",
        "../attacks/test_honest_retries.py::test_the_row_of_a_request_over_http_is_over_what_was_sent",
    ),
    guard(
        "A retry across an upgrade is the same request",
        IDEMPOTENCY,
        "fingerprint in (self.fingerprint, self.of_validated)",
        "fingerprint == self.fingerprint",
        "../attacks/test_honest_retries.py::test_a_row_of_the_version_before_is_honoured",
    ),
    guard(
        "Another message under a parked key is parked beside it",
        "pipeline/intake/parked.py",
        "if (first := _parked_before(connection, row)) is not None and not by_content:",
        "first = None\n        if _parked_before(connection, row) and first:",
        "../attacks/test_parked_keys.py::test_another_body_under_a_parked_key_is_parked_beside_it_and_says_so",
    ),
    guard(
        "Who gets a case stays enabled until they have it",
        "pipeline/review/claims/handover.py",
        "        hold_person(connection, command.colleague)\n",
        "",
        "../attacks/test_cases_of_the_disabled.py::test_who_is_being_disabled_is_given_no_case",
    ),
)

UNDO = (
    guard(
        "What is due is not recalled",
        "pipeline/tasks/operate.py",
        "            task.c.due_at > func.now(),\n",
        "",
        "tasks/test_recall.py::test_what_somebody_may_have_begun_is_not_recalled[due]",
    ),
    guard(
        "What was ever taken is not recalled",
        "pipeline/tasks/operate.py",
        "            task.c.token == 0,\n",
        "",
        "tasks/test_recall.py::test_what_somebody_may_have_begun_is_not_recalled[taken before]",
    ),
    guard(
        "One decision stands",
        SCHEMA,
        '"uq_decision_standing",\n        "decision",\n        ["submission_id"],\n        unique=True,',
        '"uq_decision_standing",\n        "decision",\n        ["submission_id"],\n        unique=False,',
        "review/test_undo_again.py::test_the_database_itself_allows_one_decision_that_stands",
    ),
    guard(
        "The mail of an undone decision is withdrawn",
        "pipeline/review/decisions/undo.py",
        "    context.withdraw_mail(connection, decided.id)\n",
        "",
        "review/test_undo.py::test_nothing_of_an_undone_decision_ever_leaves",
    ),
)

EFFECTS = (
    guard(
        "A sender must hold its task to begin",
        SEND,
        ".where(mail.c.cause_id == cause_id, ledger.is_held(task))",
        ".where(mail.c.cause_id == cause_id)",
        "workflows/test_last_guards.py::test_a_sender_that_was_overtaken_hands_no_mail_over",
    ),
    guard(
        "A sender must hold its task to take its word back",
        SEND,
        ".where(mail.c.cause_id == UUID(task.ref_id), ledger.is_held(task))",
        ".where(mail.c.cause_id == UUID(task.ref_id))",
        "workflows/test_last_guards.py::test_a_sender_that_is_overtaken_while_it_sends_does_not_unsay_what_the_other_one_did",
    ),
    guard(
        "Sending is noted before the first byte leaves",
        SEND,
        '.values(state="sending", ambiguous=mail.c.ambiguous + again)',
        ".values(ambiguous=mail.c.ambiguous + again)",
        "workflows/test_last_guards.py::test_a_mail_that_its_worker_died_over_counts_as_one_that_may_have_been_taken",
    ),
    guard(
        "The Message-ID is frozen",
        SEND,
        'message["Message-ID"] = row.message_id',
        'message["Message-ID"] = __import__("email.utils").utils.make_msgid()',
        "notification/test_mail_faults.py::test_a_connection_lost_after_the_final_dot_is_ambiguous_and_sent_again_with_the_same_id",
    ),
    Guard(
        "Pictures are put before the row that names them",
        AVATAR,
        (
            (
                "_publish_one(row, result, this_try, storage) for purpose",
                "public_key(row.id, row.sha256, this_try) for purpose",
            ),
            (
                '    log.info("avatar.published"',
                '    [_publish_one(row, result, this_try, storage) for row in renditions.values()]\n    log.info("avatar.published"',
            ),
        ),
        "workflows/test_last_guards.py::test_an_avatar_is_not_shown_before_its_pictures_lie_where_everybody_sees_them",
    ),
    guard(
        "What is published is what was approved",
        AVATAR,
        "if body is None or hashlib.sha256(body).hexdigest() != row.sha256:",
        "if body is None:",
        "avatar/test_avatars.py::test_a_rendition_that_is_not_what_was_approved_is_not_published",
    ),
    guard(
        "An older approval does not replace a newer one",
        AVATAR,
        "shown = old is None or old.sequence < result.sequence",
        "shown = True",
        "avatar/test_avatar_order.py::test_an_older_approval_that_is_published_late_is_not_shown",
    ),
    guard(
        "Changes of one level queue up",
        "pipeline/membership/level.py",
        ".where(membership.c.member_id == member_id).with_for_update()).one()",
        ".where(membership.c.member_id == member_id)).one()",
        "membership/test_membership.py::test_two_stages_unlocked_at_the_same_moment_queue_up_for_the_level",
    ),
    guard(
        "Every try writes under keys of its own",
        "pipeline/inspection/upload.py",
        "/{task.token}/{each.purpose}",
        "/{each.purpose}",
        "inspection/test_renditions.py::test_a_second_try_writes_under_other_keys_than_the_first",
    ),
    guard(
        "Orphans are swept",
        "pipeline/workflows/storage_sweep.py",
        "done = self._delete(bucket, [key for key in old if key not in needed])",
        "done = self._delete(bucket, [])",
        "workflows/test_retention.py::test_a_rendition_that_no_row_names_goes_once_it_is_old",
    ),
    guard(
        "A publication has names of its own",
        AVATAR,
        "/{sha256}-{this_try}.jpg",
        "/{sha256}.jpg",
        "../attacks/test_shown_stays.py::test_a_publication_between_the_look_and_the_delete_of_a_sweep_is_shown",
    ),
    guard(
        "Nothing is deleted to which somebody is about to refer",
        "pipeline/workflows/deletions.py",
        "free = take(connection, bucket, keys)",
        "free = sorted(set(keys))",
        "../attacks/test_shown_stays.py::test_a_file_that_was_accepted_but_not_committed_when_it_would_be_deleted_stays",
    ),
    guard(
        "Nothing is submitted that is being deleted",
        "pipeline/intake/slots.py",
        "gone = refer_to(connection, UPLOADS, files.values())",
        "gone: frozenset[str] = frozenset()",
        "../attacks/test_shown_stays.py::test_a_file_that_is_accepted_while_it_is_deleted_is_not_lost",
    ),
    guard(
        "A worker that was held up deletes nothing",
        "pipeline/workflows/deletions.py",
        "if self._is_mine(begun, key):",
        "if key:",
        "../attacks/test_shown_stays.py::test_a_worker_that_was_held_up_deletes_nothing_that_was_put_anew",
    ),
    guard(
        "Of two sweeps one goes on",
        "pipeline/workflows/sweep_marks.py",
        "sweep_mark.c.bucket == old.bucket, sweep_mark.c.after == old.after)",
        ")",
        "workflows/test_retention.py::test_of_two_workers_that_sweep_one_goes_on_alone",
    ),
)

TOLD = (
    guard(
        "What is told of a member is told in turn",
        "pipeline/events/outbound.py",
        "pg_advisory_xact_lock(func.hashtextextended",
        "abs(func.hashtextextended",
        "events/test_events.py::test_the_events_of_one_member_are_numbered_in_the_order_in_which_they_are_committed",
    ),
    guard(
        "A page of what was told ends before what is under way",
        "pipeline/events/feed.py",
        "last if under_way is None else min(last, under_way)",
        "last",
        "events/test_events.py::test_a_page_ends_before_an_event_whose_transaction_has_not_ended",
    ),
    guard(
        "A promise is told of by one watcher",
        "pipeline/workflows/sla_watch.py",
        ".with_for_update(skip_locked=True, of=submission)",
        "",
        "workflows/test_sla_watch.py::test_watchers_at_the_same_moment_tell_each_once",
    ),
)

BROKER = (
    guard(
        "A broker that is full or read-only counts as away",
        "config/broker.py",
        "self.do_qsize(QUEUES[0])",
        "self.client.ping()",
        "../attacks/test_broker_takes_no_work.py::test_while_the_broker_is_full_what_was_accepted_goes_on_at_once",
    ),
    guard(
        "A fetch without an answer is not repeated",
        "config/broker.py",
        "retry=Retry(NoBackoff(), 0)",
        "retry=Retry(NoBackoff(), 3)",
        "workers/test_consumer.py::test_a_message_is_taken_though_the_answer_to_its_fetch_was_lost",
    ),
    guard(
        "Messages whose fetch was lost are requeued",
        CONSUMER,
        "self.broker.do_requeue(self.queue_name, *lost)",
        "pass",
        "workers/test_consumer.py::test_a_message_is_taken_though_the_answer_to_its_fetch_was_lost",
    ),
    guard(
        "Messages under way are not requeued",
        CONSUMER,
        "here = set(self._under_way)",
        "here: set[str] = set()",
        "workers/test_consumer.py::test_messages_under_way_are_not_requeued_after_the_broker_was_away",
    ),
    guard(
        "An acknowledgement that did not arrive is repeated",
        CONSUMER,
        "        self._acknowledge_all()\n        self._park_all()\n",
        "        self._park_all()\n",
        "workers/test_consumer.py::test_acknowledgements_are_repeated_after_the_broker_was_away_and_no_thread_waits_for_it",
    ),
    guard(
        "A thread waits for an unreachable broker once at most",
        CONSUMER,
        "if len(self._unacknowledged) == 1:",
        "if self._unacknowledged:",
        "workers/test_consumer.py::test_acknowledgements_are_repeated_after_the_broker_was_away_and_no_thread_waits_for_it",
    ),
)

LATER = (
    guard(
        "A code that arrived holds until a newer one is sent",
        "pipeline/verification/code_delivery.py",
        "values(next_hash=hashed)",
        "values(next_hash=hashed, code_hash=hashed)",
        "../attacks/test_codes_that_never_arrive.py::test_a_business_code_that_arrived_holds_until_a_newer_one_is_sent",
    ),
    guard(
        "A correction counts before the effect too",
        "pipeline/membership/corrections.py",
        "forestall(connection, member.member_id, wanted.stage, pending, by=made.id, policy=context.policy)",
        "pass",
        "../attacks/test_later_facts_count.py::test_a_correction_counts_on_both_sides_of_the_effect",
    ),
    guard(
        "A case is decided by the policy of its acceptance",
        "pipeline/submission/accepted_policy.py",
        "found[row.version] = _under(row.version, row.content, present)",
        "pass",
        "../attacks/test_policy_changes.py::test_a_case_is_decided_by_what_it_was_accepted_under",
    ),
    guard(
        "A mail says what is so when the stage is unlocked",
        "pipeline/membership/level.py",
        "freeze_mail(connection, mail_by_present_policy(result))",
        "pass",
        "../attacks/test_policy_changes.py::test_a_stage_that_leaves_between_decision_and_unlock_is_not_said_to_be_reached",
    ),
)

GUARDS = (*TASKS, *REVIEW, *UNDO, *EFFECTS, *TOLD, *BROKER, *LATER)
