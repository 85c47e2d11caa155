from workers import WorkflowEntrypoint

ONCE_MORE = {"limit": 1, "delay": "1 second", "backoff": "constant"}


class Trip(WorkflowEntrypoint):
    async def run(self, event, step):
        trip, world = event["payload"], self.env.WORLD
        key = event["instanceId"]

        async def cancel_flight(done):
            await world.cancel_flight(done["output"]["id"], key=key)

        async def cancel_hotel(done):
            await world.cancel_hotel(done["output"]["id"], key=key)

        @step.do("book flight", rollback=cancel_flight)
        async def flight():
            return await world.book_flight(trip["to"], key=key)

        @step.do("book hotel", rollback=cancel_hotel)
        async def hotel():
            return await world.book_hotel(trip["nights"], key=key)

        @step.do("charge card", config={"retries": ONCE_MORE})
        async def charge():  # this card is refused every time
            euros = trip["euros"]
            return await world.charge(euros, key=key, fail_first=9)

        await flight()
        await hotel()
        return await charge()
