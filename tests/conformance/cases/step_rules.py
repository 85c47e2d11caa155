"""The rules of steps, sleeps and waits: which error wins, what a config may say, what a replay keeps."""

from __future__ import annotations

from tests.conformance.case import Stage, case

CONFIG = (
    'Step config for "{}" is in a invalid format. '
    "See https://developers.cloudflare.com/workflows/build/sleeping-and-retrying/"
)


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        def f(): return 1
        said = []
        for n, (callback, name, config, extra) in enumerate([
            (None, "x" * 257, {"bad": 1}, {"rollback": 5}),
            (f, "x" * 257, {"bad": 1}, {"rollback": 5}),
            (f, "x" * 257, {"bad": 1}, {"rollback": f, "rollback_config": {"sensitive": "output"}}),
            (f, "\\x1f", {"bad": 1}, {}),
            (f, "\\U0001f600" * 129, {"bad": 1}, {}),
            (f, "good", {"bad": 1}, {}),
        ]):
            try:
                await step.do(name, config=config, **extra)(callback)()
            except Exception as error:
                said.append(f"{type(error).__name__}: {error}")
        return said
""")
async def the_first_rule_in_the_documented_order_wins(s: Stage) -> None:
    long, smiles = "x" * 257, "\U0001f600" * 129
    texts = [
        f'Step "{long}" requires a callback function',
        f'Rollback for "{long}" must be a function',
        CONFIG.format(long).replace("Step config", "Rollback config"),
        'Step name "\x1f" exceeds max length (256 chars) or invalid characters found',
        f'Step name "{smiles}" exceeds max length (256 chars) or invalid characters found',
        CONFIG.format("good"),
    ]
    run = await s.create()
    assert await s.output(run) == [f"WorkflowFatalError: {text}" for text in texts]
    assert await s.kinds(run) == ["queued", "started", "completed"]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        good = {"limit": 1, "delay": 0}
        refused = []
        for n, config in enumerate([
            {"retries": good, "tries": 1}, {"retries": {**good, "jitter": 0}}, {"retries": {"limit": 1}},
            {"retries": {"delay": 1}}, {"retries": {**good, "limit": True}}, {"retries": {**good, "limit": float("nan")}},
            {"retries": {**good, "limit": float("inf")}}, {"retries": {**good, "limit": -1}},
            {"retries": {**good, "limit": "1"}}, {"retries": {**good, "delay": True}},
            {"retries": {**good, "delay": float("nan")}}, {"retries": {**good, "delay": -1}},
            {"retries": {**good, "delay": "5 Minutes"}}, {"retries": {**good, "delay": None}},
            {"retries": {**good, "backoff": "random"}}, {"retries": 5}, {"timeout": 0}, {"timeout": "0 seconds"},
            {"timeout": True}, {"timeout": float("inf")}, {"timeout": "soon"}, {"timeout": []}, {"sensitive": True},
            {"sensitive": "input"}, [], "5 minutes",
        ]):
            try:
                await step.do("a", config=config)(lambda: 1)()
            except Exception as error:
                refused.append(str(error))
        return [len(set(refused)), refused[0], len(refused), n + 1]
""")
async def a_config_with_anything_it_does_not_know_is_refused(s: Stage) -> None:
    kinds, text, refused, tried = await s.output(await s.create())
    assert (kinds, text, refused) == (1, CONFIG.format("a"), tried)


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        async def config(ctx): return ctx["config"]
        return [
            await step.do("none")(config)(),
            await step.do("written", config={
                "retries": {"limit": 2.0, "delay": "1.5 hours", "backoff": "linear"}, "timeout": "250",
                "sensitive": "output",
            })(config)(),
            await step.do("part", config={"retries": {"limit": 0, "delay": 7}})(config)(),
            await step.do("dynamic", config={"retries": {"limit": 1, "delay": lambda: 5}})(config)(),
            await step.do("undefined", config={"retries": {"limit": 1, "delay": 1, "backoff": None}})(config)(),
        ]
""")
async def ctx_shows_the_merged_config_as_it_was_written(s: Stage) -> None:
    default = {"retries": {"limit": 5, "delay": 10_000, "backoff": "exponential"}, "timeout": "10 minutes"}
    assert await s.output(await s.create()) == [
        default,
        {"retries": {"limit": 2.0, "delay": "1.5 hours", "backoff": "linear"}, "timeout": "250", "sensitive": "output"},
        {**default, "retries": {"limit": 0, "delay": 7, "backoff": "exponential"}},
        {**default, "retries": {"limit": 1, "backoff": "exponential"}},
        {**default, "retries": {"limit": 1, "delay": 1, "backoff": "constant"}},
    ]


@case("""
LIVES = []

class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        await step.sleep("nap", 1000 * (1 + len(LIVES)))
        LIVES.append(1)

        @step.do("flaky", config={"retries": {"limit": len(LIVES), "delay": 60_000, "backoff": "constant"}})
        async def flaky(ctx):
            if ctx["attempt"] == 1:
                raise ValueError("no")
            return ctx["config"]["retries"]["limit"]
        return [await flaky(), len(LIVES)]
""")
async def the_first_config_of_a_step_is_kept_whatever_a_later_replay_says(s: Stage) -> None:
    run = await s.create()
    await s.advance("1 second")
    await s.advance("1 minute")
    limit, lives = await s.output(run)
    assert limit == 1
    assert lives > 1, "the code had another config when the second attempt ran"


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        said = []
        moment = datetime(2030, 1, 1)
        for call in (
            lambda: step.sleep_until("past", 5),
            lambda: step.sleep_until("past", datetime(2020, 1, 1)),
            lambda: step.sleep_until("text", "2030-01-01"),
            lambda: step.sleep("nan", float("nan")),
            lambda: step.sleep("unit", "5 fortnights"),
            lambda: step.sleep("long", "366 days"),
            lambda: step.wait_for_event("type", "a.b"),
            lambda: step.wait_for_event("keyword", event_type="a"),
        ):
            try:
                await call()
            except Exception as error:
                said.append([type(error).__name__, str(error).replace("\\n", " ")[:60]])
        return said
""")
async def sleeps_and_waits_say_what_is_wrong_and_leave_no_trace(s: Stage) -> None:
    run = await s.create()
    fatal, past = "WorkflowFatalError", "You can't sleep until a time in the past, time-traveler"
    said = await s.output(run)
    assert said[:2] == [[fatal, past]] * 2
    assert [name for name, _ in said] == [fatal] * 6 + ["InvalidEventType", "TypeError"]
    assert said[2][1].startswith('The sleep "text" cannot end at')
    assert said[6][1].startswith("(workflow.invalid_event_type)")
    assert await s.kinds(run) == ["queued", "started", "completed"]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        await step.sleep_until("a minute", event.timestamp + timedelta(minutes=1))
        await step.sleep("an hour", "1 hour")
        return "rested"
""")
async def a_sleep_until_that_is_over_returns_at_every_later_replay(s: Stage) -> None:
    run = await s.create(0)
    await s.advance("1 minute")
    await s.crash()
    await s.advance("1 hour")
    assert await s.output(run) == "rested"


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        said = []
        for timeout in (None, 0, ""):
            said.append((await step.wait_for_event("w", "go", timeout=timeout)).payload)
        try:
            await step.wait_for_event("w", "go", timeout=500)
        except Exception as error:
            said += [type(error).__name__, str(error)]
        await step.sleep("nap", "1 minute")
        return said
""")
async def a_wait_takes_a_day_by_default_and_its_timeout_is_remembered(s: Stage) -> None:
    run = await s.create()
    for n in range(3):
        await s.advance("23 hours")
        await s.send(run, "go", n)
    await s.advance(500)
    await s.crash()
    await s.advance("1 minute")
    assert await s.output(run) == [0, 1, 2, "WorkflowTimeoutError", "Execution timed out after 500ms"]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        tried = []
        @step.do("slow", config={"timeout": "50", "retries": {"limit": 2, "delay": 0}})
        async def slow(ctx):
            tried.append(ctx["attempt"])
            await asyncio.sleep(10)
        try:
            await slow()
        except Exception as error:
            return [type(error).__name__, str(error), tried]
""")
async def limit_is_the_number_of_retries_and_a_timeout_is_of_one_attempt(s: Stage) -> None:
    run = await s.create()
    for _ in range(3):
        await s.advance(50)
    assert await s.output(run) == ["WorkflowTimeoutError", "Execution timed out after 50ms", [1, 2, 3]]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        class NonRetryableError(Exception):
            pass

        seen = []
        for name, error in (("name", NonRetryableError("mine")), ("folded", Exception("NonRetryableError: folded")),
                            ("empty", Exception("NonRetryableError"))):
            @step.do(name)
            async def work(ctx):
                raise error
            try:
                await work()
            except Exception as caught:
                seen.append(str(caught))
        return seen
""")
async def a_non_retryable_error_is_known_by_its_name_or_by_what_its_message_begins_with(s: Stage) -> None:
    run = await s.create()
    assert await s.output(run) == ["mine", "folded", ""]
    assert not [kind for kind in await s.kinds(run) if kind.endswith(" 2")]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do()
        async def basket(): return {"items": [{"n": 1}], "tags": {1}}

        @step.do()
        async def first(basket):
            basket["items"][0]["n"] = 5
            basket["items"].append(2)
            basket.tags.add(2)

        @step.do()
        async def second(basket): return [basket["items"][0]["n"], len(basket["items"]), sorted(basket.tags)]

        await first()
        if event.payload:
            await step.sleep("nap", "1 minute")
        return await second()
""")
async def what_a_step_changes_in_a_result_it_was_given_is_its_own(s: Stage) -> None:
    for replayed in (False, True):
        run = await s.create(replayed)
        await s.advance("1 minute")
        assert await s.output(run) == [1, 1, [1]]


@case(
    """
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            async def branch(number):
                return number, await step.do("same")(lambda: number)()

            pairs = [await done for done in asyncio.as_completed([branch(number) for number in range(40)])]
            await step.sleep("nap", "1 hour")
            return [number for number, value in pairs if number != value] or len(pairs)
    """
)
async def steps_of_one_name_in_as_completed_keep_their_results_on_replay(s: Stage) -> None:
    run = await s.create()
    await s.crash()
    await s.advance("1 hour")
    assert await s.output(run) == 40


@case(
    """
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            names = [name for name in {f"step {number}" for number in range(50)}]
            for name in names:
                await step.do(name)(lambda: name)()
            await step.sleep("nap", "1 hour")
            return names == [name for name in {f"step {number}" for number in range(50)}]
    """,
    not_over={"processes": "`python -I` takes no hash seed: each process orders text in sets its own way"},
)
async def a_set_of_text_has_one_order_in_every_life(s: Stage) -> None:
    run = await s.create()
    before = await s.kinds(run)
    await s.crash()
    await s.advance("1 hour")
    assert await s.output(run) is True
    assert (await s.kinds(run))[: len(before)] == before
