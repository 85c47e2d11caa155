from workers import WorkflowEntrypoint


class Agent(WorkflowEntrypoint):
    async def run(self, event, step):
        goal, world = event["payload"]["goal"], self.env.WORLD
        key = event["instanceId"]

        @step.do("make a plan")
        async def plan():
            await world.ask_model(goal, key=key)  # stands for a model; this is its answer
            return [
                {"tool": "search_flights", "about": "Lisbon, May", "costs": False},
                {"tool": "search_hotels", "about": "Lisbon, 2 nights", "costs": False},
                {"tool": "book_trip", "about": "flight and hotel, 540 euros", "costs": True},
            ]

        async def use(call):
            @step.do(call["tool"])
            async def tool():
                return await getattr(world, call["tool"])(call["about"], key=key)

            return await tool()

        results = []
        for call in await plan():
            if call["costs"]:
                try:
                    await step.wait_for_event(f"may I {call['tool']}", "approve", timeout="2 days")
                except Exception:
                    return {"done": results, "stopped before": call["tool"]}
            results.append(await use(call))
        return {"done": results}
