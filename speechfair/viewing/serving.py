"""Run the viewer's server on this machine until it is interrupted."""

from __future__ import annotations

import contextlib
import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from speechfair.errors import InputError
from speechfair.viewing.opened_run import RunShelf
from speechfair.viewing.server import HOST, new_token, viewer_app

__all__ = ["serve"]


def serve(shelf: RunShelf, port: int, browser: bool, observe: Callable[[str], None] | None) -> str:
    """Answer at ``http://127.0.0.1:PORT/TOKEN/`` until interrupted; the address.

    Raises
    ------
    RunFolderError
        None of the runs can be shown.
    InputError
        The port cannot be had.
    """
    shelf.require_one()
    token = new_token()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"port {port} cannot be used ({error}); choose another --port, or 0 for a free one"
            ) from None
        address = f"http://{HOST}:{listener.getsockname()[1]}/{token}/"
        config = uvicorn.Config(
            viewer_app(shelf, token), log_level="error", access_log=False, server_header=False
        )
        listener.listen()
        if observe is not None:
            observe(address)
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    return address
