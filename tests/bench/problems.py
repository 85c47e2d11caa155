"""From the last key to the problem on the screen, in a real browser: the first look of a session, then the others."""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from tests.bench.browser_steps import ready_page

ROUNDS = 9
PROMISED_MS = 1_000  # experience: problems within 1 s of the last key
SOURCE = (
    "from workers import WorkflowEntrypoint\n\n\nclass Flow(WorkflowEntrypoint):\n"
    "    async def run(self, event, step):\n        order = event['payload']"
)
# Notes when the last key went down, when the linter was asked and had answered, and when the number was painted.
NOTE = """() => {
  window.noted = {};
  const {kernel} = dynamicWorkflows;
  const request = kernel.request.bind(kernel);
  kernel.request = async (verb, args) => {
    if (verb !== 'lint') return request(verb, args);
    noted.asked = performance.now();
    const answer = await request(verb, args);
    noted.answered = performance.now();
    return answer;
  };
  document.addEventListener('keydown', () => { noted.key = performance.now(); }, true);
  const button = document.querySelector('#problems-button');
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
    if (noted.key < noted.asked && button.textContent === noted.wanted) noted.painted ??= performance.now();
  }))).observe(button, {childList: true, attributes: true, subtree: true, characterData: true});
}"""
WANT = "n => { noted.painted = undefined; noted.wanted = n === 1 ? '1 problem' : `${n} problems`; }"


def problems() -> None:
    """Print medians; the parts tell where the time goes."""
    with ready_page() as page:
        page.wait_for_selector("html[data-editor=codemirror]", state="attached")
        page.locator(".cm-content").click()
        page.keyboard.press("ControlOrMeta+a")
        page.evaluate(NOTE)
        page.keyboard.insert_text(SOURCE)
        first, *rest = [_round(page, number) for number in range(1, ROUNDS + 2)]
    print(f"\nProblems after the last key, the first look of a session: {_told(first)}")
    parts = [statistics.median(part) for part in zip(*rest, strict=True)]
    print(f"  {ROUNDS} further looks, medians: {_told(parts)}")
    slowest = max(sum(one) for one in rest)
    print(f"  the slowest {slowest:,.0f} ms; promised: {PROMISED_MS:,} ms", flush=True)


def _round(page: Page, number: int) -> list[float]:
    """Type one more mistake; return the milliseconds of the pause, of the linter and until it is painted."""
    page.evaluate(WANT, number)
    page.keyboard.type("\nstep.sleep('nap', 5)", delay=30)
    page.wait_for_function("() => noted.painted !== undefined", timeout=60_000)
    noted = page.evaluate("() => noted")
    return [noted["asked"] - noted["key"], noted["answered"] - noted["asked"], noted["painted"] - noted["answered"]]


def _told(parts: list[float]) -> str:
    pause, linter, shown = parts
    return f"{sum(parts):,.0f} ms (pause {pause:,.0f}, linter {linter:,.0f}, shown {shown:,.0f})"
