"""The half that decides: history, turns, scheduling, storage, bindings and the platform."""
