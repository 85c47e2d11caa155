"""The builder repeats only what changed, cleans up after itself, and fails with sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playground.build.examples import page_content, read_examples
from playground.build.layout import public_url
from playground.build.page import fill
from playground.build.runtime import frame_html
from playground.build.steps import BuildError, Steps
from playground.build.tools import run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("one")
    return path


def copy_step(root: Path, source: Path, target: str) -> Steps:
    """Run one step that copies a file, as a new build would."""
    steps = Steps(root)

    def action() -> list[Path]:
        (root / target).write_bytes(source.read_bytes())
        return [root / target]

    steps.step("copy", reads=[source], action=action)
    return steps


def test_a_step_runs_again_only_when_what_it_reads_has_changed(tmp_path: Path, source: Path) -> None:
    assert copy_step(tmp_path, source, "target").ran == ["copy"]
    assert copy_step(tmp_path, source, "target").ran == []
    source.write_text("two")
    assert copy_step(tmp_path, source, "target").ran == ["copy"]
    assert (tmp_path / "target").read_text() == "two"


def test_a_step_runs_again_when_its_output_or_its_stamp_is_gone(tmp_path: Path, source: Path) -> None:
    copy_step(tmp_path, source, "target")
    (tmp_path / "target").unlink()
    assert copy_step(tmp_path, source, "target").ran == ["copy"]
    (tmp_path / "build/stamps/copy.json").write_text('{"reads": ')
    assert copy_step(tmp_path, source, "target").ran == ["copy"]


def test_a_step_removes_what_it_wrote_before_and_writes_no_more(tmp_path: Path, source: Path) -> None:
    copy_step(tmp_path, source, "old-name")
    source.write_text("two")
    copy_step(tmp_path, source, "new-name")
    assert not (tmp_path / "old-name").exists()
    assert (tmp_path / "new-name").exists()


def test_a_step_that_fails_is_not_remembered_as_done(tmp_path: Path, source: Path) -> None:
    copy_step(tmp_path, source, "target")
    source.write_text("two")

    def action() -> list[Path]:
        raise BuildError("no")

    with pytest.raises(BuildError):
        Steps(tmp_path).step("copy", reads=[source], action=action)
    assert copy_step(tmp_path, source, "target").ran == ["copy"]


def test_a_failing_command_is_named_with_the_end_of_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"exit code 3\): sh -c(.|\n)*no such package"):
        run(["sh", "-c", "echo no such package >&2; exit 3"], tmp_path)
    with pytest.raises(BuildError, match="no-such-tool could not be started"):
        run(["no-such-tool"], tmp_path)


def test_a_value_with_a_placeholder_in_it_stays_as_it_is() -> None:
    template = "<@@SOURCE@@|@@DATA@@|@@PRELOAD@@|@@LINK@@|@@SCRIPT@@|@@STYLE@@>"
    values = {"SOURCE": "@@DATA@@", "DATA": "{}", "PRELOAD": "", "LINK": "[]", "SCRIPT": "a.js", "STYLE": "\\1"}
    assert fill(template, values) == "<@@DATA@@|{}||[]|a.js|\\1>"
    with pytest.raises(BuildError, match="lacks the placeholder @@STYLE@@"):
        fill("@@SOURCE@@@@DATA@@@@PRELOAD@@@@LINK@@@@SCRIPT@@", values)


def test_a_frame_script_cannot_end_its_own_element() -> None:
    with pytest.raises(BuildError, match="end its own script element"):
        frame_html("const text = '</script>';")


def write_example(folder: Path, **stated: object) -> None:
    folder.mkdir(parents=True)
    (folder / "flow.py").write_text("x = '</script>'\n")
    example = {
        "title": "T",
        "line": "L",
        "tenant": "acme",
        "workflow": "w",
        "main": "flow.py",
        "payload": None,
        "features": ["sleep"],
        **stated,
    }
    (folder / "example.json").write_text(json.dumps(example))


def test_examples_come_in_their_order_and_cannot_end_the_pages_data(tmp_path: Path) -> None:
    write_example(tmp_path / "b", position=0)
    write_example(tmp_path / "a", position=1)
    (tmp_path / "a" / "recorded.json").write_text('{"rows": []}')
    examples = read_examples(tmp_path)
    assert [example["name"] for example in examples] == ["b", "a"]
    text = page_content({"examples": examples})
    assert "<" not in text
    content = json.loads(text)
    assert content["examples"][0]["files"] == {"flow.py": "x = '</script>'\n"}
    assert examples[1]["recorded"] == {"rows": []}


def test_a_wrong_example_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="holds no example"):
        read_examples(tmp_path)
    write_example(tmp_path / "a", main="other.py")
    with pytest.raises(BuildError, match=r"names other\.py as its main file"):
        read_examples(tmp_path)
    write_example(tmp_path / "b" / "c")
    (tmp_path / "a" / "example.json").write_text('{"main": "flow.py"}')
    with pytest.raises(BuildError, match="lacks title, line, tenant, workflow, payload, features"):
        read_examples(tmp_path)


def test_an_example_of_another_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_example(tmp_path / "a", of="nothing")
    with pytest.raises(BuildError, match="a is of nothing"):
        read_examples(tmp_path)


def test_a_public_address_is_a_folder_and_anything_else_is_named() -> None:
    assert public_url("") is None
    assert public_url("https://example.org/flows") == "https://example.org/flows/"
    for wrong in ("example.org", "file:///x", "https://example.org/?x=1", "https://example.org/#x"):
        with pytest.raises(BuildError, match="is not an address"):
            public_url(wrong)
