"""The packages that results are compared with; without them these tests fail, and never skip."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import pytest
from torchvision_shim import make_importable


@pytest.fixture(scope="session")
def timm() -> ModuleType:
    """Give timm, or fail."""
    make_importable()
    try:
        return import_module("timm")
    except Exception as error:  # whatever keeps it from loading, the comparison was not made
        pytest.fail(f"timm does not load ({error!r}); run `make test-peers`.", pytrace=False)
