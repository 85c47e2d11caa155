# Generated for umbrella from: "nobody gets an account before signing; one message after three days"
from workers import WorkflowEntrypoint


class Onboarding(WorkflowEntrypoint):
    async def run(self, event, step):
        person, world = event["payload"], self.env.WORLD
        key = event["instanceId"]

        @step.do("send contract")
        async def contract():
            return await world.send_contract(person["email"], key=key)

        @step.do("create account")
        async def account():
            return await world.create_account(person["email"], key=key)

        @step.do("say hello")
        async def hello():
            return await world.email(person["email"], f"Welcome, {person['name']}", key=key)

        await contract()
        try:
            signed = await step.wait_for_event("signature", "signed", timeout="7 days")
        except Exception:
            return {"onboarded": None, "reason": "not signed within a week"}
        made = await account()
        await step.sleep("settle in", "3 days")
        await hello()
        return {"account": made["id"], "onboarded": person["name"], "signed": signed["timestamp"]}
