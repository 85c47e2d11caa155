from workers import WorkflowEntrypoint


class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        order, world = event["payload"], self.env.WORLD
        key = event["instanceId"]  # same key: asked twice, done once

        @step.do("reserve stock")
        async def reserve():
            return await world.reserve(order["item"], key=key)

        @step.do("charge card")
        async def charge():
            return await world.charge(order["euros"], key=key)

        @step.do("ship parcel")
        async def ship():
            return await world.ship(order["item"], key=key)

        @step.do("ask for review")
        async def ask():
            return await world.email(order["customer"], key=key)

        await reserve()
        await charge()
        await step.wait_for_event("approval", "approve", timeout="3 days")
        await ship()
        await step.sleep("time to try it", "30 days")
        return await ask()
