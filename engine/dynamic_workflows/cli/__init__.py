"""The command line: durable runs of workflow files over a SQLite file."""
