"""The simulated exchange for your tests. With pytest, in conftest.py:

    pytest_plugins = ["upbit_live.testing"]

    def test_my_widget(upbit_mock):
        with WebSocketClientProxy("test", manager=upbit_mock.manager) as proxy: ...

Each test gets an exchange of its own on a free port of this machine, a manager that talks to it, and
neither when it is over. What it can do beside (faults, cuts, keys) is in docs/MOCK.md: url("/mock/...").
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import urllib.request
from typing import Any, Iterator, Optional

from . import _core

try:
    import pytest
except ImportError:  # MockExchange needs none
    pytest = None  # type: ignore[assignment]

PATIENCE = 10.0


class MockExchange:
    """upbit-mock as a child; found by $UPBIT_MOCK or in PATH. Further arguments as in docs/MOCK.md."""

    def __init__(self, *arguments: str) -> None:
        program = os.environ.get("UPBIT_MOCK") or shutil.which("upbit-mock")
        if program is None:
            raise FileNotFoundError("upbit-mock: not in PATH; set UPBIT_MOCK to the program")
        self._manager: Optional[_core.Manager] = None
        self._child = subprocess.Popen(
            [program, "--port", "0", *arguments], stdout=subprocess.PIPE, text=True
        )
        assert self._child.stdout is not None
        # It says one line when its port is open, or ends and says why on stderr.
        killer = threading.Timer(PATIENCE, self._child.kill)
        killer.start()
        line = self._child.stdout.readline().split()
        killer.cancel()
        if len(line) != 2:
            self._child.wait()
            self._child.stdout.close()
            raise RuntimeError("upbit-mock did not start: see its message on stderr")
        self.stream_url = line[1]

    @property
    def manager(self) -> _core.Manager:
        """A manager for this exchange, made when first asked for."""
        if self._manager is None:
            self._manager = self.make_manager()
        return self._manager

    def make_manager(self, **options: Any) -> _core.Manager:
        """Another one, with options of upbit-live/options.h; yours to shut down."""
        options.setdefault("url", self.stream_url)
        options.setdefault("settle_ms", 10)
        return _core.Manager(**options)

    def url(self, path: str) -> str:
        scheme, _, rest = self.stream_url.partition("://")
        return f"{'https' if scheme == 'wss' else 'http'}://{rest.split('/')[0]}{path}"

    def get(self, path: str) -> Any:
        """What GET answers, as JSON."""
        return self._ask(path, None)

    def post(self, path: str, body: str = "") -> Any:
        return self._ask(path, body.encode())

    def _ask(self, path: str, body: Optional[bytes]) -> Any:
        # Not by way of a proxy the environment may name: it is this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url(path), body, PATIENCE) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.strip() else None

    def close(self) -> None:
        """Ends both. Proxies that are open get ClosedEvent."""
        manager, self._manager = self._manager, None
        if manager is not None:
            manager.shutdown()
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._child.kill()
        self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def __enter__(self) -> MockExchange:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


if pytest is not None:

    @pytest.fixture
    def upbit_mock() -> Iterator[MockExchange]:
        """A simulated exchange of 20 markets with a few dozen events a second."""
        with MockExchange("--codes", "20", "--rate", "60", "--seed", "7") as mock:
            yield mock
