"""Features that predict tags, for several tests."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    """Return features (200, 20) that predict two tags well, and the tags (200, 2)."""
    rng = np.random.default_rng(0)
    tags = (rng.random((200, 2)) < (0.5, 0.25)).astype(np.float32)
    features = rng.normal(size=(200, 20)).astype(np.float32)
    features[:, :2] += 6 * tags
    return features, tags
