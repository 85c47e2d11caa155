"""Testing workflows: introspectors that mock steps and wait for results, and an engine whose time is the test's.

    from dynamic_workflows.testing import introspect_workflow_instance, open_engine

    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        async with introspect_workflow_instance(orders, "order-1") as order:
            await order.modify(lambda m: m.mock_step_result("charge", {"receipt": 7}))
            await orders.create({"id": "order-1", "params": {"item": "lamp"}})
            await order.wait_for_status("complete")  # a sleep of three days takes no time
            assert await order.get_output() == {"receipt": 7}

The introspectors work on every engine and every sandbox, those of production included. Nothing needs pytest: the same
lines run in a notebook.
"""

from dynamic_workflows.host.clocks import SeededEntropy, TestClock
from dynamic_workflows.testing.environment import TestEngine, open_engine
from dynamic_workflows.testing.introspection import (
    WorkflowInstanceIntrospector,
    WorkflowIntrospector,
    introspect_workflow,
    introspect_workflow_instance,
)
from dynamic_workflows.testing.modifier import IntrospectionError, Modifier

introspectWorkflow = introspect_workflow  # noqa: N816 - test suites written for Cloudflare use these names
introspectWorkflowInstance = introspect_workflow_instance  # noqa: N816

__all__ = [
    "IntrospectionError",
    "Modifier",
    "SeededEntropy",
    "TestClock",
    "TestEngine",
    "WorkflowInstanceIntrospector",
    "WorkflowIntrospector",
    "introspectWorkflow",
    "introspectWorkflowInstance",
    "introspect_workflow",
    "introspect_workflow_instance",
    "open_engine",
]
