from workers import WorkflowEntrypoint

TIPS = [
    "Name things", "Write tests", "Read the error", "Delete code",
    "Ask early", "Take notes", "Review kindly", "Ship small",
    "Measure first", "Automate it", "Rest well", "Say thanks",
]  # fmt: skip


class Tips(WorkflowEntrypoint):
    async def run(self, event, step):
        email, world = event["payload"]["email"], self.env.WORLD
        key = event["instanceId"]

        async def send(tip):
            @step.do("send tip")
            async def mail():
                return await world.email(email, tip, key=f"{key} {tip}")

            await mail()

        await send(TIPS[0])
        for tip in TIPS[1:]:
            await step.sleep("until next month", "30 days")
            await send(tip)
        return {"sent": len(TIPS)}
