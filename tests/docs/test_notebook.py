"""The notebook runs from first cell to last and gives the outputs that are stored in it and shown on the site."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.docs.hooks import load_hook

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")
HOOK = load_hook("notebook_page")


def outputs(notebook: Any) -> list[Any]:
    return [
        output.get("text") or output["data"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def test_the_notebook_gives_its_stored_outputs() -> None:
    stored = nbformat.read(HOOK.NOTEBOOK, as_version=4)
    again = nbformat.read(HOOK.NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(again, timeout=300, kernel_name="python3")
    manager = client.create_kernel_manager()
    manager.kernel_spec.argv[0] = sys.executable
    client.execute()
    assert outputs(again) == outputs(stored)


def test_the_page_shows_every_cell_and_the_figure() -> None:
    page = HOOK.notebook_page()
    assert page.startswith("# From `pip install` to a figure")
    assert page.count("```python") == 4
    assert "<svg" in page
    assert "ratio: 2.13 [1.68, 2.69]" in page
