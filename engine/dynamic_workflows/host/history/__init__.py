"""What is stored: the turn and its transaction, the fold of an instance, the tables and what is read from them."""
