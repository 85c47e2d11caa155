"""What any tab with the kernel is asked, whichever browser shows it and however that is driven."""

from __future__ import annotations

import base64
from typing import Any

READY_MS = 120_000
ENDED = """async run => {
  for (;;) {
    const summary = await kernel.request('status', run);
    if (summary.ended) return summary;
    await new Promise(done => setTimeout(done, 10));
  }
}"""
EXPORT = """async () => {
  const bytes = await kernel.storage('copy');
  const blob = new FileReader();
  blob.readAsDataURL(new Blob([bytes]));
  await new Promise(done => { blob.onload = done; });
  return blob.result;
}"""


class KernelTab:
    """A tab that leads, by its page: Playwright's, or one that has as much of it as this needs."""

    page: Any

    def ready(self, epoch: int = 0) -> None:
        """Wait until an engine younger than ``epoch`` is ready."""
        script = "epoch => window.kernel?.state.stage === 'ready' && kernel.state.epoch > epoch"
        self.page.wait_for_function(script, arg=epoch, timeout=READY_MS)

    @property
    def epoch(self) -> int:
        """The number of the engine's start."""
        return int(self.page.evaluate("kernel.state.epoch"))

    def ask(self, verb: str, **args: Any) -> Any:
        """Make a request and return its answer."""
        return self.page.evaluate("([verb, args]) => kernel.request(verb, args)", [verb, args])

    def ended(self, run: dict[str, Any]) -> dict[str, Any]:
        """Wait until a run has ended and return its summary."""
        summary: dict[str, Any] = self.page.evaluate(ENDED, {name: run[name] for name in ("tenant", "workflow", "id")})
        return summary

    def export(self) -> bytes:
        """Return the stored database as a SQLite file."""
        return base64.b64decode(self.page.evaluate(EXPORT).partition(",")[2])

    def kill_engine(self, at: str | None = None) -> None:
        """Terminate the engine worker, now or when it comes to a crash point."""
        self.page.evaluate("at => kernel.kill('engine', at ? {at} : undefined)", at)

    def kill_sandbox(self, run: dict[str, Any]) -> None:
        """Terminate the sandbox that a run's code lives in."""
        self.page.evaluate("run => kernel.kill('sandbox', run)", run)
