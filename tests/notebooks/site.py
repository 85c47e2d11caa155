"""A notebook of the built site, driven through JupyterLite's own commands, and what its cells have shown."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

START = 240_000  # ms: Python, its packages and the engine, on a busy machine of two cores
MIME = "application/vnd.dynamic-workflows.run+json"
VIEW = "application/vnd.holoviews_exec.v0+json"  # what Panel shows, beside its text

OPENED = """() => {
  const panel = window.dynamicWorkflows?.app?.shell.currentWidget;
  return panel?.content?.model && panel.sessionContext?.session?.kernel ? true : false;
}"""
RUN_ALL = """async ({restart}) => {
  const {app} = window.dynamicWorkflows;
  const panel = app.shell.currentWidget;
  await panel.sessionContext.ready;
  if (restart) await panel.sessionContext.session.kernel.restart();
  await app.commands.execute('notebook:clear-all-cell-outputs').catch(() => null);
  await app.commands.execute('notebook:run-all-cells');
}"""
RUN_SOME = """async most => {
  const {app} = window.dynamicWorkflows;
  const panel = app.shell.currentWidget;
  await panel.sessionContext.ready;
  panel.content.activeCellIndex = 0;
  for (let n = 0; n < most; n++) await app.commands.execute('notebook:run-cell-and-select-next');
}"""
CELLS = "() => window.dynamicWorkflows.app.shell.currentWidget.content.model.toJSON().cells"


REWRITE = """sources => {
  const {cells} = window.dynamicWorkflows.app.shell.currentWidget.content.model;
  const code = [...cells].filter(cell => cell.type === 'code');
  sources.forEach((source, n) => code[n].sharedModel.setSource(source));
}"""


class Notebook:
    """One notebook, open in the Notebook application."""

    def __init__(
        self, page: Page, site: str, name: str, *, app: str = "notebooks", query: str = "world-delay=0"
    ) -> None:
        self.page = page
        page.goto(f"{site}jupyter/{app}/index.html?path={name}&{query}")
        page.wait_for_function(OPENED, timeout=START)

    @classmethod
    def on(cls, page: Page) -> Notebook:
        """Return the notebook that a page has open already."""
        notebook = cls.__new__(cls)
        notebook.page = page
        return notebook

    def run_cells(self, most: int) -> None:
        """Run the first cells, as Shift+Enter would, one after the other."""
        self.page.evaluate(RUN_SOME, most)

    def restart(self) -> None:
        """End the kernel and start another one."""
        self.page.evaluate("window.dynamicWorkflows.app.shell.currentWidget.sessionContext.session.kernel.restart()")

    def run_all(self, *, restart: bool = False) -> list[list[dict[str, Any]]]:
        """Run every cell and return the outputs of each code cell."""
        self.page.evaluate(RUN_ALL, {"restart": restart})
        return self.outputs()

    def rewrite(self, sources: list[str]) -> None:
        """Put other code into the code cells, as typing would."""
        self.page.evaluate(REWRITE, sources)

    def cells(self) -> list[dict[str, Any]]:
        """Return the cells as they are now."""
        found: list[dict[str, Any]] = self.page.evaluate(CELLS)
        return found

    def outputs(self) -> list[list[dict[str, Any]]]:
        """Return the outputs of each code cell."""
        return [cell["outputs"] for cell in self.cells() if cell["cell_type"] == "code"]


def shown(outputs: list[dict[str, Any]]) -> str:
    """Return what a cell's outputs say, as text."""
    return "".join(map(_text, outputs)).strip()


def _text(output: dict[str, Any]) -> str:
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}\n"
    if output["output_type"] == "stream":
        return _joined(output["text"])
    if VIEW in output["data"] and "text/plain" in output["data"]:
        return "<view of Panel>\n"
    run = output["data"].get(MIME)
    return (
        f"<run of {run['tenant']}/{run['workflow']}>\n" if run else _joined(output["data"].get("text/plain", "")) + "\n"
    )


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
