"""WorkerCode: every rule of its fields, with its words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dynamic_workflows.host.running.code import InvocationLimits, WorkerCode
from dynamic_workflows.host.running.loader import Loader
from dynamic_workflows.shared.errors import LoaderError, NotAvailableError

MAIN = {"main.py": ""}
SERVICE = SimpleNamespace(kind="service")
RULES: list[tuple[dict[str, Any], str]] = [
    ({"modules": {}}, "Dynamic Worker code must contain at least one module."),
    ({"modules": {"other.py": ""}}, "mainModule 'main.py' is not one of the modules."),
    (
        {"modules": {**MAIN, "../up.py": ""}},
        "'../up.py' is not a module name: use a relative path such as pkg/part.py.",
    ),
    ({"modules": {**MAIN, "/etc/x.py": ""}}, "'/etc/x.py' is not a module name"),
    ({"modules": {**MAIN, "a\\b.py": ""}}, "is not a module name"),
    ({"modules": {**MAIN, "x" * 600 + ".py": ""}}, "is over 512 characters"),
    (
        {"main_module": "index.js", "modules": {"index.js": "", "x.py": ""}},
        'Module "x.py" is a Python module, but the main module isn\'t a Python module.',
    ),
    (
        {"main_module": "index.js", "modules": {"index.js": ""}},
        "Module 'index.js' is JavaScript. This runtime runs Python",
    ),
    (
        {"main_module": "a.txt", "modules": {"a.txt": {"text": ""}}},
        "mainModule 'a.txt' is not a Python module: its name must end",
    ),
    ({"modules": {**MAIN, "a.js": ""}}, "Module 'a.js' is JavaScript."),
    ({"modules": {**MAIN, "a.ts": ""}}, "Module 'a.ts' must be bundled to JavaScript first"),
    ({"modules": {**MAIN, "a.tsx": ""}}, "Module 'a.tsx' must be bundled"),
    (
        {"modules": {**MAIN, "a.md": ""}},
        "Module 'a.md' has no known extension: name it .py or give an object with its kind.",
    ),
    (
        {"modules": {**MAIN, "a": {"text": "", "py": ""}}},
        "must be text or an object with exactly one of js cjs py text data json wasm",
    ),
    ({"modules": {**MAIN, "a": {"toml": ""}}}, "exactly one of"),
    ({"modules": {**MAIN, "a": 5}}, "exactly one of"),
    ({"modules": {**MAIN, "a.bin": {"data": "text"}}}, "Module 'a.bin' of kind 'data' is str, not bytes."),
    ({"modules": {**MAIN, "a.txt": {"text": b""}}}, "Module 'a.txt' of kind 'text' is bytes, not str."),
    ({"modules": {**MAIN, "a.json": {"json": {1, 2}}}}, "Module 'a.json' is not JSON"),
    ({"modules": {**MAIN, "tool": {"py": ""}}}, "Module 'tool' is Python: its name must end in .py."),
    ({"compatibility_date": "yesterday"}, "compatibilityDate 'yesterday' is not a date like 2026-11-01."),
    ({"compatibility_flags": "python_workers"}, "compatibilityFlags are a list of names."),
    ({"compatibility_flags": ["x", "no_x"]}, "compatibilityFlags has both 'x' and its opposite."),
    ({"env": {"A": object()}}, "env.A is neither a binding nor plain data: A object cannot be stored"),
    ({"env": {"A": [SERVICE]}}, "env.A is neither a binding nor plain data"),
    ({"env": {":outbound": 1}}, "':outbound' is not a name for env."),
    ({"global_outbound": object()}, "globalOutbound is an object with fetch(request), not object."),
    ({"tails": [object()]}, "A tail is an object with tail(events), not object."),
    ({"tails": "x"}, "WorkerCode.tails is a list."),
    ({"streaming_tails": [SERVICE]}, "'streamingTails' is only allowed when 'allowExperimental' is true."),
    ({"limits": {"cpu": 5}}, "limits has no 'cpu': there are cpuMs and subRequests."),
    ({"limits": {"cpuMs": 0}}, "limits.cpuMs is 0: give a whole number above 0."),
    ({"limits": {"subRequests": "5"}}, "limits.subRequests is '5'"),
    ({"limits": [5]}, "limits are a mapping with cpuMs and subRequests, not list."),
    (
        {"modules": {**MAIN, "a.bin": {"data": bytes((64 << 20) + 1)}}},
        "Dynamic Worker code size (67108865 bytes) exceeds the maximum allowed size of 67108864 bytes.",
    ),
    (
        {"env": {"A": "x" * (1 << 20)}},
        "Dynamic Worker env size (1048578 bytes) exceeds the maximum allowed size of 1048576 bytes.",
    ),
]


@pytest.mark.parametrize(("fields", "text"), RULES, ids=[text[:50] for _, text in RULES])
def test_l17_l18_l24_a_field_that_breaks_its_rule_says_which(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(LoaderError) as refused:
        WorkerCode(**{"main_module": "main.py", "modules": MAIN, **fields})
    assert text in str(refused.value)
    assert isinstance(refused.value, TypeError)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"modules": {**MAIN, "a.wasm": {"wasm": b""}}},
            "Module 'a.wasm' of kind 'wasm' is not available in this release.",
        ),
        ({"modules": {**MAIN, "a.js": {"js": ""}}}, "This runtime runs Python"),
        ({"main_module": "a.js", "modules": {"a.js": {"js": ""}}}, "This runtime runs Python"),
        ({"streaming_tails": [SERVICE], "allow_experimental": True}, "Use tails: here they hear workflow runs too."),
    ],
)
def test_l12_what_there_is_not_here_is_refused_with_the_reason(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(NotAvailableError, match=text):
        WorkerCode(**{"main_module": "main.py", "modules": MAIN, **fields})


def test_a_mapping_with_either_spelling_is_code() -> None:
    camel = WorkerCode.of(
        {
            "compatibilityDate": "2026-01-01", "compatibilityFlags": ["python_workers"], "mainModule": "main.py",
            "modules": MAIN, "env": {"A": 1}, "globalOutbound": None, "limits": {"cpuMs": 5, "subRequests": 2},
        }
    )  # fmt: skip
    snake = WorkerCode.of(
        {
            "compatibility_date": "2026-01-01", "compatibility_flags": ["python_workers"], "main_module": "main.py",
            "modules": MAIN, "env": {"A": 1}, "limits": {"cpu_ms": 5, "sub_requests": 2},
        }
    )  # fmt: skip
    assert (camel.compatibility_date, camel.env) == (snake.compatibility_date, snake.env)
    assert camel.invocation_limits() == snake.invocation_limits() == InvocationLimits(5, 2)
    assert WorkerCode.of(camel) is camel
    assert WorkerCode(main_module="main.py", modules=MAIN).invocation_limits() == InvocationLimits()
    for wrong, text in (
        ({"mainModule": "m.py"}, "needs 'modules'"),
        ({"main": 1}, "no field 'main'"),
        ("x", "not str"),
    ):
        with pytest.raises(LoaderError, match=text):
            WorkerCode.of(wrong)  # type: ignore[arg-type]


def test_the_lower_of_two_limits_counts() -> None:
    one, other = InvocationLimits(10, None), InvocationLimits(5, 7)
    assert one.lower(other) == other.lower(one) == InvocationLimits(5, 7)
    assert InvocationLimits(3, 9).lower(other) == InvocationLimits(3, 7)


def test_only_a_loader_that_is_experimental_takes_experimental_code() -> None:
    code = WorkerCode(main_module="main.py", modules=MAIN, allow_experimental=True)
    with pytest.raises(LoaderError) as refused:
        Loader(SimpleNamespace(), "plain").load(code)  # type: ignore[arg-type]
    assert str(refused.value) == (
        "'allowExperimental' is only allowed when the calling worker has the 'experimental' compat flag set."
    )
    workers = SimpleNamespace(number=lambda: 1)
    assert Loader(workers, "plain", experimental=True).load(code).loader_id == "unnamed\0" + "1"  # type: ignore[arg-type]
