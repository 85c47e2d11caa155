"""Testing workflows: an engine whose time is the test's own.

    from dynamic_workflows.testing import open_engine

    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        order = await orders.create({"params": {"item": "lamp"}})
        await engine.advance("3 days")
        assert (await order.status())["status"] == "complete"

Nothing needs pytest: the same lines run in a notebook.
"""

from dynamic_workflows.host.clocks import SeededEntropy, TestClock
from dynamic_workflows.testing.environment import TestEngine, open_engine

__all__ = ["SeededEntropy", "TestClock", "TestEngine", "open_engine"]
