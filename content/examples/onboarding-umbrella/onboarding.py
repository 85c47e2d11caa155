# Generated for umbrella, which asked for:
# "no account before signing, and one message after three days"
from workers import WorkflowEntrypoint


class Onboarding(WorkflowEntrypoint):
    async def run(self, event, step):
        email, world = event["payload"]["email"], self.env.WORLD
        key = event["instanceId"]

        @step.do("send contract")
        async def contract():
            return await world.send_contract(email, key=key)

        @step.do("create account")
        async def account():
            return await world.create_account(email, key=key)

        @step.do("say hello")
        async def hello():
            return await world.email(email, "Welcome", key=key)

        await contract()
        week = {"timeout": "7 days"}
        try:
            await step.wait_for_event("contract", "signed", **week)
        except Exception:
            return {"onboarded": None, "why": "not signed in a week"}
        made = await account()
        await step.sleep("settle in", "3 days")
        await hello()
        return {"account": made["id"], "onboarded": email}
