"""What other services are told and what they tell us: events out, to endpoints and in a feed, and events in."""
