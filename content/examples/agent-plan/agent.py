from workers import WorkflowEntrypoint

PLAN = [  # what a model answers; asked once, and then stored
    {"tool": "search_flights", "about": "Lisbon, May", "costs": False},
    {"tool": "search_hotels", "about": "two nights", "costs": False},
    {"tool": "book_trip", "about": "540 euros", "costs": True},
]


class Agent(WorkflowEntrypoint):
    async def run(self, event, step):
        goal, world = event["payload"]["goal"], self.env.WORLD
        key = event["instanceId"]

        @step.do("make a plan")
        async def plan():
            await world.ask_model(goal, key=key)
            return PLAN

        async def use(call):
            @step.do(call["tool"])
            async def tool():
                act = getattr(world, call["tool"])
                return await act(call["about"], key=key)

            return await tool()

        done = []
        for call in await plan():
            if call["costs"]:
                ask = f"may I {call['tool']}"
                limit = {"timeout": "2 days"}
                try:
                    await step.wait_for_event(ask, "approve", **limit)
                except Exception:
                    return {"done": done, "stopped before": call["tool"]}
            done.append(await use(call))
        return {"done": done}
