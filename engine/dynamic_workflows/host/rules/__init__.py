"""What may happen to an instance: steps, retries, rollbacks, and what callers do to it, each inside one turn."""
