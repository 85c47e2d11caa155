from workers import WorkflowEntrypoint


class Gift(WorkflowEntrypoint):
    async def run(self, event, step):
        gift, world = event["payload"], self.env.WORLD

        @step.do("charge with a key")
        async def charge():
            key = event["instanceId"]  # the same in every attempt
            return await world.charge(gift["euros"], key=key)

        @step.do("text without a key")
        async def text():
            return await world.text(gift["phone"], "A gift is coming")

        return [await charge(), await text()]
