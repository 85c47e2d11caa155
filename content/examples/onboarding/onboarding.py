# Generated for hooli, which asked for:
# "single sign-on first, tips after three days, then offer a call"
from workers import WorkflowEntrypoint


class Onboarding(WorkflowEntrypoint):
    async def run(self, event, step):
        email, world = event["payload"]["email"], self.env.WORLD
        key = event["instanceId"]

        @step.do("create account")
        async def account():
            return await world.create_account(email, key=key)

        @step.do("connect single sign-on")
        async def sign_on():
            return await world.connect_sso("hooli.example", key=key)

        @step.do("send tips")
        async def tips():
            return await world.email(email, "Three tips", key=key + "1")

        @step.do("offer a call")
        async def call():
            return await world.email(email, "Let's talk", key=key + "2")

        made = await account()
        await sign_on()
        await step.sleep("let them look around", "3 days")
        await tips()
        await call()
        return {"account": made["id"], "onboarded": email}
