"""The collection of garbage is paused in a block, and goes on after it."""

from __future__ import annotations

import gc

import pytest

from tag2mask.core.collection import collection_paused


def test_paused_and_resumed() -> None:
    """Also in a block within a block, whose end must not resume it."""
    assert gc.isenabled()
    with collection_paused():
        with collection_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_resumed_after_an_error() -> None:
    """Otherwise one wrong table would leave it off for the rest of the process."""
    with pytest.raises(ValueError, match="wrong"), collection_paused():
        raise ValueError("wrong")
    assert gc.isenabled()


def test_left_off_where_it_was_off() -> None:
    """The caller decides."""
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
