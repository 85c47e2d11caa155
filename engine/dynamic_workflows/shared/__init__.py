"""What host and guest agree on: errors, limits, durations, wire values, messages and the step checks."""
