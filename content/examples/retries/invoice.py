from workers import WorkflowEntrypoint
from workers.workflows import NonRetryableError

PATIENT = {"limit": 4, "delay": "1 second", "backoff": "exponential"}


class Invoice(WorkflowEntrypoint):
    async def run(self, event, step):
        invoice, world = event["payload"], self.env.WORLD
        key = event["instanceId"]

        @step.do("post invoice", config={"retries": PATIENT})
        async def post():  # the service is down for the first two calls
            number = invoice["number"]
            return await world.post_invoice(number, key=key, fail_first=2)

        @step.do("check tax number", config={"retries": PATIENT})
        async def check():
            if not invoice["tax_number"].startswith("DE"):
                raise NonRetryableError("not a German tax number")
            return await world.check_tax(invoice["tax_number"], key=key)

        posted = await post()
        try:
            await check()
        except NonRetryableError as error:  # no retry can mend this
            return {"posted": posted["id"], "by hand": str(error)}
        return {"posted": posted["id"], "by hand": None}
