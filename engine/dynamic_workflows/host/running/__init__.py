"""Who runs, where and for how long: the line for slots and sandboxes, the workers, and what guests ask of the host."""
