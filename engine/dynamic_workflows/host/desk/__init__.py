"""What clients ask and are told: the verbs, the list of runs, and what is pushed when something changed."""
