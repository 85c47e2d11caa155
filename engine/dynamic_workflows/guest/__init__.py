"""What runs beside tenant code: the turn loop, ``step``, ``env`` and the ``workers`` modules."""
