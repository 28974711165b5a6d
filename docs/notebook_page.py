"""The page of the site that shows the notebook of the first audit, with the outputs that are stored in it.

mkdocs calls `on_pre_build`. The page is ``start/notebook.md``, which git ignores.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["NOTEBOOK", "PAGE", "notebook_page", "on_pre_build"]

FOLDER = Path(__file__).resolve().parent
NOTEBOOK = FOLDER.parent / "examples" / "first_audit.ipynb"
PAGE = "start/notebook.md"


def on_pre_build(config: Any) -> None:
    """Write the page into the folder of the documentation."""
    page, content = Path(config["docs_dir"]) / PAGE, notebook_page()
    if not page.exists() or page.read_text("utf-8") != content:
        page.write_text(content, "utf-8")


def notebook_page() -> str:
    """The notebook as Markdown: texts, code, and outputs as text, tables and drawings."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    where = f"This page is the notebook `examples/{NOTEBOOK.name}`. Open it in Jupyter to run it yourself."
    title, *rest = ["\n".join(_cell(cell)) for cell in cells]
    return "\n\n".join((title, where, *rest)) + "\n"


def _cell(cell: dict[str, Any]) -> list[str]:
    source = _joined(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source.replace("](../docs/", "](../")]
    return [f"```python\n{source}\n```", *(_output(each) for each in cell["outputs"])]


def _output(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return f"\n```text\n{_joined(output['text']).rstrip()}\n```"
    html = _joined(output["data"]["text/html"])
    return f'\n<div class="output">{" ".join(html.split())}</div>'


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
