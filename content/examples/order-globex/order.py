import asyncio

from workers import WorkflowEntrypoint


class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        order, world = event["payload"], self.env.WORLD
        key = event["instanceId"]  # same key: asked twice, done once

        @step.do("charge card")
        async def charge():
            return await world.charge(order["euros"], key=key)

        @step.do("ship parcel")
        async def ship():
            return await world.ship(order["item"], key=key)

        @step.do("ask for review")
        async def ask():
            return await world.email(order["customer"], key=key)

        await asyncio.gather(charge(), ship())  # side by side
        await step.sleep("time to try it", "3 days")
        return await ask()
