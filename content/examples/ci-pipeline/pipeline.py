import asyncio

from workers import WorkflowEntrypoint

AGAIN = {"limit": 3, "delay": "2 seconds", "backoff": "constant"}
FLAKY = {"api": 2}  # the api shard fails twice before it passes


class Pipeline(WorkflowEntrypoint):
    async def run(self, event, step):
        job, world = event["payload"], self.env.WORLD
        key = event["instanceId"]

        @step.do("build")
        async def build():
            return await world.build(job["commit"], key=key)

        async def test(shard):
            @step.do(f"test {shard}", config={"retries": AGAIN})
            async def run_shard():
                fails, one = FLAKY.get(shard, 0), f"{key}-{shard}"
                return await world.test(shard, key=one, fail_first=fails)

            return await run_shard()

        @step.do("deploy")
        async def deploy():
            return await world.deploy(job["target"], key=key)

        await build()
        shards = ["unit", "api", "browser"]
        reports = await asyncio.gather(*[test(shard) for shard in shards])
        try:
            await step.wait_for_event("gate", "release", timeout="1 day")
        except Exception:
            return {"released": False, "reports": reports}
        await deploy()
        return {"released": True, "reports": reports}
