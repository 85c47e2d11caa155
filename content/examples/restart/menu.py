from workers import WorkflowEntrypoint

NO_RETRY = {"retries": {"limit": 0, "delay": "1 second"}}


class Menu(WorkflowEntrypoint):
    async def run(self, event, step):
        week, world = event["payload"]["week"], self.env.WORLD
        key = event["instanceId"]

        @step.do("read recipes")
        async def read():
            return await world.read_recipes(week, key=key)

        @step.do("plan meals")
        async def plan():
            return await world.plan_meals(recipes["id"], key=key)

        @step.do("print menu", config=NO_RETRY)
        async def print_menu():  # a typo: planning returns an "id"
            return await world.print_menu(meals["title"], key=key)

        recipes = await read()
        meals = await plan()
        return await print_menu()
