"""``dynamic-workflows run``: durable from the terminal, and sentences for whatever goes wrong."""

from __future__ import annotations

import json
import signal

import pytest

from tests.engine.cli.command import Place

ORDER = """
from workers import WorkflowEntrypoint
import prices

class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("reserve stock")
        async def reserve():
            print("reserving", event["payload"]["item"])
            return await self.env.WORLD.reserve(event["payload"]["item"], key=event["instanceId"])

        @step.do("charge card")
        async def charge():
            return await self.env.WORLD.charge(prices.of(event["payload"]["item"]), key=event["instanceId"])

        await reserve()
        answer = await step.wait_for_event("approval", "approve", timeout="3 days")
        await charge()
        return {"by": answer.payload, "price": prices.of("lamp")}
"""
STORE = ("--store", "app.sqlite")


@pytest.fixture
def place(empty: Place) -> Place:
    """Return a folder with a workflow and a module beside it."""
    made = empty
    made.write("order.py", ORDER)
    made.write("prices/__init__.py", "from .table import of\n")
    made.write("prices/table.py", "def of(item):\n    return {'lamp': 40}[item]\n")
    made.write("broken.py", "this is not imported by anyone\n")
    return made


def flow(place: Place, name: str, body: str) -> None:
    """Write a workflow whose ``run`` has this body."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    head = "import asyncio\nfrom workers import WorkflowEntrypoint\n\nclass Flow(WorkflowEntrypoint):\n"
    (place.folder / name).write_text(f"{head}    async def run(self, event, step):\n{lines}\n")


def test_a_run_goes_on_after_ctrl_c_and_an_event(place: Place) -> None:
    run = ("run", "order.py", *STORE, "--id", "o1")
    first = place.start(*run, "--payload", '{"item": "lamp"}')
    first.until("waiting")
    done = first.stop()
    assert done.code == 130
    assert done.err.startswith("order o1\n")
    assert done.err.endswith(
        "\nStopped. The run is stored and goes on from its last finished step with:\n"
        "  dynamic-workflows run order.py --store app.sqlite --id o1\n"
    )
    assert "log        reserve stock: reserving lamp" in done.out
    sent = place.run("send-event", "o1", "approve", *STORE, "--payload", '"ada"')
    assert (sent.code, sent.out) == (0, 'Stored the event "approve" for order o1.\n')
    second = place.run(*run)
    assert (second.code, second.err) == (0, "order o1\n")
    assert second.out.count("done       reserve stock") == 1, "shown, not run"
    assert second.out.splitlines()[-1].endswith('complete   {"by":"ada","price":40}')
    third = place.run(*run, "--payload", "{}")
    assert (third.code, third.out) == (0, second.out), "a run that has ended is shown again"
    assert third.err == "order o1\nIt exists already, so --payload is not used.\n"
    calls = json.loads(place.run("ledger", *STORE, "--json").out)
    assert [(call["method"], call["args"], call["asked"], call["done"]) for call in calls] == [
        ("reserve", ["lamp"], 1, 1), ("charge", [40], 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_was_cut_off_in_a_step_tries_that_step_again(place: Place, how: signal.Signals) -> None:
    flow(place, "slow.py", 'c = step.do("slow")\n@c\nasync def slow(ctx):\n    print("attempt", ctx["attempt"])\n'
                           '    await asyncio.sleep(60 if ctx["attempt"] == 1 else 0)\n    return 1\nreturn await slow()')  # fmt: skip
    first = place.start("run", "slow.py", *STORE, "--id", "s1")
    first.until("attempt 1")
    assert first.stop(how).code == (130 if how == signal.SIGTERM else -9)
    second = place.run("run", "slow.py:Flow", *STORE, "--id", "s1")
    assert second.code == 0
    assert "cut off    slow: it is tried again" in second.out
    assert "running    slow (attempt 2)" in second.out


def test_a_run_that_errs_ends_with_1_and_the_tenants_traceback(place: Place) -> None:
    flow(place, "fails.py", 'raise LookupError("nothing there")')
    done = place.run("run", "fails.py", *STORE)
    assert done.code == 1
    assert done.out.splitlines()[-1].endswith("errored    LookupError: nothing there")
    assert done.err.endswith("LookupError: nothing there\n")
    assert 'File "fails.py", line 6, in run' in done.err
    assert "dynamic_workflows" not in done.err


def test_an_error_of_ours_names_its_page_in_the_docs(place: Place) -> None:
    slow = 'await step.wait_for_event("go", "go", timeout=1)'
    for name, body, page in (
        ("ours.py", slow, "\nSee errors/WorkflowTimeoutError in the docs.\n"),
        ("own.py", "1 / 0", ""),
    ):
        flow(place, name, body)
        done = place.run("run", name, *STORE)
        assert done.code == 1
        assert done.err.endswith(page or "ZeroDivisionError: division by zero\n")
    done = place.run("run", "ours.py", "--id", "no spaces", *STORE)
    assert done.err.endswith("\nSee errors/InvalidInstanceId in the docs.\n")


def test_a_second_process_may_look_and_is_told_that_it_cannot_run_the_store(place: Place) -> None:
    first = place.start("run", "order.py", *STORE, "--id", "o1", "--payload", '{"item": "lamp"}')
    first.until("waiting")
    text = "app.sqlite cannot be opened: database is locked. Is another engine using it?"
    looks: list[tuple[str, ...]] = [("status", "o1"), ("list",), ("history", "o1")]
    for look in looks:
        done = place.run(*look, *STORE)
        assert (done.code, done.sentence) == (0, "")
        assert "wait" in done.out
    for command in (("run", "order.py", "--id", "o2"), ("send-event", "o1", "approve")):
        done = place.run(*command, *STORE)
        assert (done.code, done.out, done.sentence) == (2, "", f"dynamic-workflows: {text}")
    first.stop()


def test_code_that_changed_does_not_change_a_run(place: Place) -> None:
    flow(place, "flow.py", 'await step.wait_for_event("go", "go")\nreturn "old"')
    first = place.start("run", "flow.py", *STORE, "--id", "f1")
    first.until("waiting")
    first.stop()
    flow(place, "flow.py", 'return "new"')
    place.run("send-event", "f1", "go", *STORE)
    done = place.run("run", "flow.py", *STORE, "--id", "f1")
    assert done.out.splitlines()[-1].endswith('complete   "old"')
    assert "flow.py has changed since; this run goes on with the code it was created with." in done.err


def test_tenants_have_runs_of_their_own_and_others_go_on_meanwhile(place: Place) -> None:
    flow(place, "flow.py", 'return (await step.wait_for_event("go", "go")).payload')
    for tenant in ("acme", "globex"):
        going = place.start("run", "flow.py", *STORE, "--id", "f1", "--tenant", tenant)
        going.until("waiting")
        done = going.stop()
        assert done.err.startswith(f"flow f1 of tenant {tenant}\n")
        assert f"--tenant {tenant} --id f1" in done.err
    assert "1 other unfinished run of this store go" not in done.err
    asked = place.run("send-event", "f1", "go", *STORE)
    assert asked.code == 2
    assert asked.err.splitlines()[-2:] == ["  --tenant acme --workflow flow", "  --tenant globex --workflow flow"]
    assert place.run("send-event", "f1", "go", "--tenant", "acme", "--payload", "5", *STORE).code == 0
    assert place.run("run", "flow.py", *STORE, "--id", "f1", "--tenant", "acme").code == 0


def test_payloads_come_from_the_line_a_file_or_standard_input(place: Place) -> None:
    flow(place, "flow.py", 'return event["payload"]')
    place.write("payload.json", '{"a": [1, null]}')
    for payload in ('{"a": [1, null]}', "@payload.json", "@-"):
        done = place.run("run", "flow.py", *STORE, "--payload", payload, stdin='{"a": [1, null]}')
        assert done.out.splitlines()[-1].endswith('complete   {"a":[1,null]}')


MISTAKES = [
    (("run", "syntax.py"), "syntax.py:3:5: expected ':'"),
    (("run", "folder/syntax.py"), "folder/syntax.py:3:5: expected ':'"),
    (("run", "imports.py"), "imports.py:1: ModuleNotFoundError: No module named 'nothing_here'"),
    (("run", "beside.py"), "syntax.py:3:5: expected ':'"),
    (("run", "two.py"), "two.py has 2 workflow classes: name one of them. A class is named after the file: two.py:ClassName"),
    (("run", "two.py:Three"), "two.py has no workflow class 'Three'. A class is named after the file: two.py:ClassName"),
    (("run", "none.py"), "none.py has no class based on WorkflowEntrypoint. A class is named after the file: none.py:ClassName"),
    (("run", "missing.py"), "There is no file missing.py."),
    (("run", "payload.txt"), "payload.txt is not a Python file (.py)."),
    (("run", "order.py", "--payload", "lamp"), "--payload is not JSON: Expecting value: line 1 column 1 (char 0). Text needs quotes of its own: '\"like this\"'."),
    (("run", "order.py", "--payload", "@payload.txt"), "--payload @payload.txt is not JSON: Expecting value: line 1 column 1 (char 0)."),
    (("run", "order.py", "--payload", "@gone.json"), "gone.json cannot be read: No such file or directory."),
    (("run", "order.py", "--id", "no spaces"), "Workflow instance has invalid id: 'no spaces' is not 1 to 100 letters, digits, \"-\" or \"_\" (and no leading \"-\")."),
    (("run", "order.py", "--tenant", "no spaces"), "Tenant 'no spaces' is not 1 to 64 letters, digits, \"-\" or \"_\" (no leading \"-\")."),
    (("run", "order.py", "--store", "gone/app.sqlite"), "There is no folder gone for the store gone/app.sqlite."),
    (("run", "order.py", "--store", "folder"), "folder is a folder, not a store."),
    (("run", "order.py", "--store", "payload.txt"), "payload.txt is not a SQLite database."),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "text"), MISTAKES, ids=[" ".join(mistake[0]) for mistake in MISTAKES])
def test_a_mistake_is_one_sentence(place: Place, arguments: tuple[str, ...], text: str) -> None:
    syntax = "x = 1\n\nif x\n    y = 2\n"
    place.write("syntax.py", syntax)
    place.write("folder/syntax.py", syntax)
    place.write("beside.py", "import syntax\n")
    place.write("imports.py", "import nothing_here\n")
    head = "from workers import WorkflowEntrypoint\n"
    place.write("two.py", f"{head}class One(WorkflowEntrypoint): pass\nclass Two(WorkflowEntrypoint): pass\n")
    place.write("none.py", "x = 1\n")
    place.write("payload.txt", "lamp\n" * 100)
    store = () if "--store" in arguments else STORE
    done = place.run(*arguments, *store)
    assert (done.code, done.out, done.sentence) == (2, "", f"dynamic-workflows: {text}")
