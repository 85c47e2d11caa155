"""One worker's block file in a browser, driven from a test."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browsers.page import DriverPage


class Files:
    """One worker's block file, driven from the test."""

    def __init__(self, page: Page | DriverPage, database: str, **options: Any) -> None:
        self.page = page
        self.number = page.evaluate("spawn()")
        self.opened = self.call("open", database=database, **options)

    def call(self, operation: str, **args: Any) -> Any:
        return self.page.evaluate("([n, o, a]) => call(n, o, a)", [self.number, operation, args])

    def sql(self, script: str = "", query: str | None = None, name: str = "main.sqlite") -> Any:
        return self.call("sql", script=script, query=query, name=name)

    def kill(self) -> None:
        self.page.evaluate("n => terminate(n)", self.number)
