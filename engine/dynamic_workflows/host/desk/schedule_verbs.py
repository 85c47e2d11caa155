"""The requests about schedules: a desk's verbs, like those of runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.rules.creation import sized
from dynamic_workflows.host.tenants.platform import check_tenant
from dynamic_workflows.shared.errors import InvalidSchedule

if TYPE_CHECKING:
    from dynamic_workflows.host.desk.verbs import Desk

Args = Mapping[str, Any]
Json = Any


async def schedule(desk: Desk, id: str, args: Args) -> Json:
    """Check the code in a sandbox, store it, and let the clock start it: ``schedules`` is one expression or several."""
    given, payload = args.get("schedules"), args.get("payload")
    if not given:
        raise InvalidSchedule("give a cron expression or a list of at least one", given)
    params = sized("The payload", {} if payload is None else payload)
    tenant, tree, entrypoint = await desk.loaded(args)
    timetable = desk.platform.timetable
    return await desk.once(id, lambda tx: timetable.put(tx, tenant, tree, entrypoint, given, params))


async def unschedule(desk: Desk, id: str, args: Args) -> Json:
    """Let the clock start a workflow no more; its runs go on."""
    tenant, workflow = args.get("tenant"), str(args.get("workflow"))
    check_tenant(tenant)
    assert isinstance(tenant, str)

    def remove(tx: Transaction) -> Json:
        desk.platform.timetable.remove(tx, tenant, workflow)
        return {}

    return await desk.once(id, remove)


async def schedules(desk: Desk, id: str, args: Args) -> Json:
    """List what the clock starts, of one tenant or of all, with the time of the next firing."""
    tenant = args.get("tenant")
    return await desk.engine.core.submit(lambda tx: desk.platform.timetable.all(tx, tenant))


async def skip_to_firing(desk: Desk, id: str, args: Args) -> Json:
    """Fire what is due next of a workflow now, with the time it was scheduled for as the run's own clock."""
    tenant, workflow = str(args.get("tenant")), str(args.get("workflow"))
    return await desk.once(id, lambda tx: desk.summary(tx, desk.platform.timetable.skip(tx, tenant, workflow)))


SCHEDULE_VERBS: dict[str, Callable[[Any, str, Args], Awaitable[Json]]] = {
    "schedule": schedule,
    "unschedule": unschedule,
    "schedules": schedules,
    "skip_to_firing": skip_to_firing,
}
