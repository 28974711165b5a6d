"""`view`: show scored runs in a local viewer, or write the viewer as static files."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from speechfair.errors import InputError, MissingExtraError

__all__ = ["view"]


def view(
    *runs: str | Path,
    bundle: str | Path | None = None,
    audio: int = 0,
    permission: str | None = None,
    port: int = 0,
    browser: bool = True,
    observe: Callable[[str], None] | None = None,
) -> str:
    """Show scored runs: models, groups, utterances, and what every model heard.

    Without `bundle` a read-only server on 127.0.0.1 answers until it is interrupted; only addresses that begin with its
    random token are answered. Needs ``pip install 'speechfair[view]'``.

    Parameters
    ----------
    runs : scored run folders. Each is checked against its seals; a broken one is named and not shown.
    bundle : write static files into this folder instead, for a file share or any web server.
    audio : into a bundle, how many utterances with the most errors of each run bring their audio.
    permission : whose permission the audio is copied with, in words, where the corpus card does not allow it.
    port : of the server; 0 takes a free one.
    browser : open the page in the browser of this machine.
    observe : called with the address, or the path of the bundle's page, as soon as it can be opened.

    Returns
    -------
    The address that was served, or the path of the bundle's first page.

    Raises
    ------
    InputError
        No run is given, the audio of a corpus may not be copied, or the port is taken.
    RunFolderError
        None of the runs can be shown; with `bundle`, any of them cannot.
    MissingExtraError
        The server is asked for and the extra is not installed.
    """
    from speechfair.viewing.opened_run import RunShelf

    shelf = RunShelf(runs)
    if bundle is not None:
        from speechfair.viewing.bundle import write_bundle

        page = write_bundle(shelf, bundle, audio=audio, permission=permission)
        if observe is not None:
            observe(str(page))
        return str(page)
    if audio or permission is not None:
        raise InputError("audio and permission are for a bundle: name its folder with --bundle")
    for package in ("starlette", "uvicorn"):
        if find_spec(package) is None:
            raise MissingExtraError("the viewer", package, "view")
    from speechfair.viewing.serving import serve

    return serve(shelf, port, browser, observe)
