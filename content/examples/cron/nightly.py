from datetime import UTC, datetime

from workers import WorkflowEntrypoint


class Nightly(WorkflowEntrypoint):
    async def run(self, event, step):
        day, world = day_of(event), self.env.WORLD

        @step.do("collect numbers")
        async def collect():
            return await world.numbers(day, key=day)

        @step.do("send report")
        async def send():
            to = event["payload"]["to"]
            return await world.email(to, numbers["id"], key=day)

        numbers = await collect()
        await send()
        return {"report of": day}


def day_of(event):
    """The day a firing is for; a run by hand is for the day it began."""
    if "schedule" not in event:
        return event["timestamp"].date().isoformat()
    seconds = event["schedule"]["scheduledTime"] / 1000
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
