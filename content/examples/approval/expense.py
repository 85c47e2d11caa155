from workers import WorkflowEntrypoint

BOSSES = ["team lead", "head of finance"]
PATIENCE = {"timeout": "2 days"}


class Expense(WorkflowEntrypoint):
    async def run(self, event, step):
        claim, world = event["payload"], self.env.WORLD
        key = event["instanceId"]

        async def ask(boss):
            @step.do(f"ask {boss}")
            async def mail():
                what, once = claim["for"], f"{key} {boss}"
                return await world.email(boss, what, key=once)

            await mail()

        @step.do("pay out")
        async def pay():
            return await world.pay(claim["euros"], key=key)

        for boss in BOSSES:
            await ask(boss)
            answer = f"answer of {boss}"
            try:
                await step.wait_for_event(answer, "approve", **PATIENCE)
            except Exception:  # nobody answered in two days
                continue
            return {"approved by": boss, "paid": (await pay())["id"]}
        return {"approved by": None, "paid": None}
