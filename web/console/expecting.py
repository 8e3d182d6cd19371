"""When the next case may be expected, in a sentence."""

from datetime import datetime

from config.container import Container
from pipeline.review.cases.queue_stats import arrival_pace
from web.console.filters import span


def expected(tools: Container, now: datetime) -> str:
    """From what is under inspection, else from how often cases came lately."""
    found = arrival_pace(now=now, context=tools.review)
    if found.inspected:
        many = "is one submission" if found.inspected == 1 else f"are {found.inspected} submissions"
        return f"There {many} under inspection: expect the next case within a minute."
    if found.seconds_between is None:
        return "Nothing has been submitted yet. A case appears here within a minute of its upload."
    return f"Lately one came every {span(max(found.seconds_between, 1))}. This page shows the next by itself."
