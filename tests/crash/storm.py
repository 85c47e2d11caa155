"""A storm: several tenants under load in a real browser, whose parts are killed in an order drawn from a seed."""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.crash_points import POINTS
from tests.crash.checks import Witness
from tests.crash.load import Run, draw
from tests.crash.tab import Tab
from tests.simulation.invariants import Broken

if TYPE_CHECKING:
    from tests.browsers.tab import DriverTab

END_S = 90.0
KINDS = ("engine", "sandbox", "renderer", "browser", *POINTS)
WEIGHTS = {"renderer": 2, "browser": 2, "engine": 3, "sandbox": 2}

# Requests are made without waiting; what became of each is looked up later. A page that dies takes its answers along.
ASK = """([number, verb, args]) => {
  window.answers ??= [];
  kernel.request(verb, args).then(
    ok => { answers.push([number, null]); },
    error => { answers.push([number, `${error.name}: ${error.message}`]); },
  );
}"""
TAKE = "() => (window.answers ?? []).splice(0)"
SINCE = """() => {
  const killed = states.findLast(state => state.stage === 'killed');
  return states.at(-1).stage === 'ready' && killed ? states.at(-1).at - killed.at : null;
}"""


class Storm:
    """One storm in one browser: what was asked, what was answered, and what was killed."""

    def __init__(
        self,
        tab: Tab | DriverTab,
        folder: Path,
        seed: int,
        kills: int,
        kinds: Sequence[str] = KINDS,
        durability: str = "strict",
    ) -> None:
        self.tab, self.seed, self.kills, self.kinds, self._folder = tab, seed, kills, kinds, folder
        self.durability = durability
        self.dice = random.Random(seed)
        self.runs: list[Run] = []
        self.killed: Counter[str] = Counter()
        self.resumed: dict[str, list[float]] = {}  # kind of kill -> seconds until an engine was ready again
        self.witness = Witness()
        self._numbers = itertools.count()
        self._asked: dict[int, tuple[Run, Callable[[], None]]] = {}  # by number: what to note when it is answered

    def run(self) -> None:
        """Kill as often as asked, let everything come to its end, and check everything.

        Raises:
            Broken: an invariant does not hold; its message holds the seed and the command that shows it again.
        """
        try:
            self._rage()
        except Broken as broken:
            command = f"python -m tests.crash --seed {self.seed} --kills {self.kills} --durability {self.durability}"
            raise Broken(
                broken.invariant, f"{broken.message}\nkilled: {dict(self.killed)}\nSee it: {command}"
            ) from None

    def _rage(self) -> None:
        self._choose_durability()
        deck = self._deck()
        for kind in deck:
            for _ in range(self.dice.randrange(2, 5)):
                self._create()
            self._send()
            self._kill(kind)
            self._look()
        self._come_to_rest()
        self._look(ended=True)
        if self._stored_durability() not in (self.durability, None):
            raise Broken("a_setting_survives_a_kill", f"{self.durability} became {self._stored_durability()}")

    def _choose_durability(self) -> None:
        """Ask for it once: it is kept with the database, through every kill."""
        if self._stored_durability() not in ("strict", None):  # Firefox does not say
            raise Broken("strict_is_the_default", f"a new database is {self._stored_durability()}")
        if self.durability != "strict":
            self.tab.page.evaluate("wanted => kernel.storage('durability', {wanted})", self.durability)

    def _stored_durability(self) -> Any:
        return self.tab.page.evaluate("kernel.storage('facts').then(facts => facts.durability)")

    def _deck(self) -> list[str]:
        """Return every kind at least once where there are enough, the rest by weight, in any order."""
        every = list(self.kinds)[: self.kills]
        weights = [WEIGHTS.get(kind, 1) for kind in self.kinds]
        more = self.dice.choices(self.kinds, weights, k=self.kills - len(every))
        deck = every + more
        self.dice.shuffle(deck)
        return deck

    # -- requests -----------------------------------------------------------------------------------------------

    def _ask(self, run: Run, verb: str, args: dict[str, Any], note: Callable[[], None]) -> None:
        number = next(self._numbers)
        self._asked[number] = run, note
        self.tab.page.evaluate(ASK, [number, verb, args])

    def _create(self, **plan: int) -> Run:
        run = draw(self.dice, f"run{len(self.runs)}")
        run.plan.update(plan)
        self.runs.append(run)
        self._ask(run, "run", run.order, partial(setattr, run, "created", True))
        return run

    def _send(self) -> None:
        """Send the next event to each run that is known and wants one."""
        waiting = [run for run in self.runs if run.created and len(run.sent) < run.plan["events"]]
        for run in waiting:
            number = len(run.sent)
            run.sent.add(number)
            self._ask(run, "send_event", run.event(number), partial(run.accepted.add, number))

    def _take_answers(self) -> None:
        for number, error in self.tab.page.evaluate(TAKE):
            run, note = self._asked.pop(number)
            if error is None:
                note()
            elif error.startswith("SandboxUnavailable") and not run.created:
                run.refused = True  # it was killed while the code was checked
            else:
                raise Broken("a_request_is_answered", f"request {number}: {error}")

    # -- kills --------------------------------------------------------------------------------------------------

    def _kill(self, kind: str) -> None:
        self.tab.page.wait_for_timeout(
            self.dice.choice((0, 15, 60, 200, 500))
        )  # real time: a real browser is under load
        self._take_answers()
        self.killed[kind] += 1
        if kind in ("renderer", "browser"):
            took = self.tab.kill_renderer() if kind == "renderer" else self.tab.kill_browser()
            self._asked.clear()  # their answers died with the page
        elif kind == "sandbox":
            took = self._kill_sandbox()
        else:
            took = self._kill_engine(kind)
        self.resumed.setdefault("crash point" if kind in POINTS else kind, []).append(took)

    def _kill_engine(self, kind: str) -> float:
        epoch = self.tab.epoch
        self.tab.kill_engine(kind if kind in POINTS else None)
        if kind in POINTS:  # come there
            run = self._create(events=2)
            if kind == "in-event":
                self._await(lambda: run.created, f"{run.id} is never created")
                self._send()
        self.tab.ready(epoch)
        return float(self.tab.page.evaluate(SINCE)) / 1000

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + END_S
        while not condition():
            if time.monotonic() > deadline:
                raise Broken("every_instance_comes_to_its_end", f"{what}; the page said {self.tab.said[-5:]}")
            self.tab.page.wait_for_timeout(20)
            self._take_answers()

    def _kill_sandbox(self) -> float:
        self._await(lambda: any(run.created for run in self.runs), "nothing is ever created")
        run = self.dice.choice([run for run in self.runs if run.created][-8:])
        killed = time.monotonic()
        self.tab.kill_sandbox(run.address)
        self.tab.ask("check", **{name: run.order[name] for name in ("tenant", "files", "main")})  # in a sandbox again
        return time.monotonic() - killed

    # -- the end ------------------------------------------------------------------------------------------------

    def _come_to_rest(self) -> None:
        """Send again what died with a page, and wait for every run that there is."""
        self._await(lambda: not self._asked, "requests are never answered")
        self._look()
        stored = self.witness.facts
        self.runs = [run for run in self.runs if run.id in stored]  # of the others nobody was told
        for run in self.runs:
            run.created = True
            run.sent = run.accepted | stored[run.id].events
            for number in range(1_000, 1_000 + run.plan["events"] - len(run.sent)):
                run.sent.add(number)
                self._ask(run, "send_event", run.event(number), partial(run.accepted.add, number))
        self._await(self._ended, "not every run ends")

    def _ended(self) -> bool:
        return all(run["ended"] for run in self.tab.ask("runs", limit=1_000))

    def _look(self, *, ended: bool = False) -> None:
        self._take_answers()
        self.witness.look(self.tab.export(), self._folder / "copy.sqlite", self.runs, ended=ended)

    def report(self) -> str:
        """Return what was survived, and how long it took to answer again."""
        times = "; ".join(
            f"{kind} {statistics.median(took):.2f} s (longest {max(took):.2f})"
            for kind, took in sorted(self.resumed.items())
        )
        return f"seed {self.seed}, {self.durability}: {self.killed.total()} kills, {len(self.runs)} runs, 0 invariants broken. Back after: {times}"
