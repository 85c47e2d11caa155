"""What is shown: text of tenants is text, figures have words, icons are the playground's."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from dashboards import fleet_parts, formats, instance_parts, words
from dashboards.charts import minutes_chart
from dashboards.figures import MINUTE, Latency, Minute, Tenant
from dashboards.html import h, said
from dashboards.icons import ALIASES, PATHS
from dashboards.markup import moment, run_link

ROOT = Path(__file__).parents[2]
EVIL = "<img src=x onerror=alert(1)>\u202e\"'&"


class Elements(HTMLParser):
    """Collects the elements of markup and its text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_of_a_tenant_stays_text() -> None:
    run = {"tenant": EVIL, "id": EVIL, "workflow": EVIL}
    shown = Elements(str(h("p", {"title": EVIL}, said(EVIL), run_link(run, EVIL))))
    assert shown.tags == ["p", "bdi", "a", "bdi"]
    assert shown.attributes[0]["title"] == EVIL
    assert shown.attributes[2]["data-run"] == EVIL
    assert shown.text == 2 * EVIL.replace("\u202e", "\\u202e"), "what reorders other text is shown as an escape"
    steps = [Latency(EVIL, EVIL, EVIL, 1, 1, 2, 3, 3, 1, 0, 0)]
    for markup in (
        fleet_parts.latency(steps, 60), fleet_parts.retries(steps, 1, 60),
        fleet_parts.tenants([Tenant(EVIL, {"complete": 1})], ["complete"]),
        fleet_parts.head(EVIL, read_only=True, known=True, error=RuntimeError(EVIL)), instance_parts.plain(EVIL, EVIL),
        instance_parts.end({"error": {"name": EVIL, "message": EVIL}}), instance_parts.end({"error": None, "output": EVIL}),
        instance_parts.logs([{"at": 0, "level": "log", "key": f"do:{EVIL}-1", "text": EVIL}]),
    ):  # fmt: skip
        assert "img" not in Elements(str(markup)).tags


def test_a_chart_says_in_words_what_it_shows() -> None:
    minutes = [Minute(at * MINUTE, 1, 2, 1, 0, 3) for at in range(3)]
    sentence = words.throughput(3, 9, 9)
    assert sentence == "3 runs were created, 9 ended, 9 steps finished."
    (svg, *parts) = Elements(str(minutes_chart(minutes, sentence))).attributes
    assert (svg["role"], svg["aria-label"]) == ("img", sentence)
    heights = [float(part["height"] or 0) for part in parts if "height" in part]
    assert heights == [80, 40] * 3, "complete and errored of each minute, of the most there were"
    assert sentence in Elements(str(fleet_parts.throughput(minutes))).text


def test_times_are_written_by_the_readers_browser_and_readable_without() -> None:
    shown = Elements(str(moment(1_795_268_745_882)))
    assert shown.text == "2026-11-21T13:45:45+00:00"
    assert shown.attributes[0]["data-at"] == "1795268745882"
    assert moment(None) is None


def test_lengths_and_sizes_are_those_of_the_playground() -> None:
    lengths = {420: "420 ms", 12_400: "12.4 s", 59_980: "1 min", 200_000: "3 min 20 s", 18_600_000: "5 h 10 min",
               86_400_000: "1 day", 30 * 86_400_000: "30 days", 107_000_000: "1 d 6 h"}  # fmt: skip
    assert {length: formats.duration(length) for length in lengths} == lengths
    assert [formats.size(size) for size in (999, 1_234, 1_500_000, 2_000_000_000)] == [
        "999 B",
        "1 kB",
        "1.5 MB",
        "2.0 GB",
    ]
    assert formats.counted(1_234, "{n} run", "{n} runs") == "1,234 runs"


def test_icons_are_drawn_like_the_playgrounds() -> None:
    theirs = (ROOT / "playground" / "ui" / "icons.js").read_text(encoding="utf-8")
    for name, path in PATHS.items():
        assert re.search(rf"^  {name}: '{re.escape(path)}',$", theirs, re.MULTILINE), name
    assert set(words.STATES) <= PATHS.keys() | ALIASES.keys()


def test_events_say_what_a_row_holds_and_not_how_it_is_wrapped() -> None:
    run = {"params": '{"item":"lamp"}'}
    held = {
        "queued": ('{"params":"{}","tenant":"acme"}', '{"item":"lamp"}'), "started": (None, ""),
        "step.started": ('{"config":{}}', ""), "step.completed": ('{"id": 1}', '{"id": 1}'),
        "step.failed": ('{"error":{"name":"ValueError","message":"no"},"final":true}', "ValueError: no"),
        "wait.started": ('{"type":"approve","timeout":259200000,"due":5}', "approve 3 days"),
        "sleep.started": ('{"duration":30000,"due":5}', "30 s"),
    }  # fmt: skip
    rows = [{"at": 0, "kind": kind, "key": None, "attempt": None, "data": data} for kind, (data, _) in held.items()]
    shown = re.findall(r'<td class="long"><bdi>(.*?)</bdi>', str(instance_parts.events(run, rows)))
    assert [text.replace("&quot;", '"') for text in shown] == [text for _, text in held.values()]
