import asyncio

from workers import WorkflowEntrypoint


class Sales(WorkflowEntrypoint):
    async def run(self, event, step):
        shops, world = event["payload"]["shops"], self.env.WORLD
        key = event["instanceId"]

        async def sales(shop):
            @step.do(f"sales of {shop}")
            async def fetch():
                report = await world.sales(shop, key=f"{key}-{shop}")
                return {"shop": shop, "report": report["id"]}

            return await fetch()

        reports = await asyncio.gather(*[sales(shop) for shop in shops])

        @step.do("send summary")
        async def send():
            found = [one["report"] for one in reports]
            return await world.email("board@example.com", found, key=key)

        await send()
        return reports
