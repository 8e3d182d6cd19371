"""What lies in the buckets once the sweep has gone over them."""

from collections.abc import Iterator

from pipeline.audit.checkpoints import PREFIX
from tests.chaos.evidence import Evidence
from tests.chaos.judges.judge import Charge, Judge


class Avatars(Judge):
    """A member's public avatar is the latest that was approved, a clean picture under the hash of its bytes."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """By the public addresses."""
        for member_id, shown in evidence.avatars.items():
            views = [v for v in evidence.of_member(member_id, "avatar") if v["state"] == "approved"]
            latest = max(views, key=lambda view: str(view["decision"]["decided_at"]), default={"id": None})
            if shown["submission_id"] != latest["id"]:
                yield "mismatches", f"{member_id} is shown with {shown['submission_id']}, approved was {latest['id']}"
        for member_id, differences in evidence.pictures.items():
            for difference in differences:
                yield "mismatches", f"{member_id}: {difference}"


class Orphans(Judge):
    """Every object in the vault and in public is named by somebody, but for the checkpoints of the audit."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """The quarantine is left out: whoever was refused at the door may have put something there."""
        for name in ("vault", "public"):
            bucket = evidence.buckets[name]
            for key in sorted(bucket.present - bucket.named):
                if not key.startswith(PREFIX):
                    yield "mismatches", f"{key} is left in {name}, and nobody names it"


class Objects(Judge):
    """Every object that is named is there."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """In all three buckets."""
        for name, bucket in evidence.buckets.items():
            for key in sorted(bucket.named - bucket.present):
                yield "lost", f"{key} is named, and is not in {name}"
