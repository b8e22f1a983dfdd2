"""Running calls: events, cache, retries, deadlines."""
