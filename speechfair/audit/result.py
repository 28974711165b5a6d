"""Temporary alias; the module lives in speechfair/auditing/result.py."""

from speechfair.auditing.result import *  # noqa: F403
