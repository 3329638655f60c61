"""What all tests share: no network beyond loopback, and the real knowledge loaded once."""

from __future__ import annotations

import pytest
from pytest_socket import disable_socket, socket_allow_hosts

from bot.assessment.assessor import Assessor
from knowledge_base import shelf as shelves
from knowledge_base.encoder.builtin import BuiltinEncoder
from knowledge_base.shelf import Shelf


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> None:
    """Refuse every connection but loopback ones (real processes, fakes, the browser)."""
    if request.node.get_closest_marker("processes") or request.node.get_closest_marker("browser"):
        return
    disable_socket(allow_unix_socket=True)
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    """The assessor as people meet it (index and scorer stand from `fanzha index`)."""
    return Assessor.load()


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """Everything we know."""
    return shelves.load()


@pytest.fixture(scope="session")
def encoder() -> BuiltinEncoder:
    """The built-in encoder."""
    return BuiltinEncoder()
