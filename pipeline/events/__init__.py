"""Events for other services, delivered to endpoints and listed in a feed, and events that they report."""
