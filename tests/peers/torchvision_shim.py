"""Lets torchvision be imported beside a CPU build of torch.

Its compiled operators do not load there, and telling torch their shapes then fails at import. What
is compared here uses none of them, so the modules that tell are replaced by empty ones.
"""

from __future__ import annotations

import sys
from types import ModuleType


def make_importable() -> None:
    """Call before torchvision, or anything that imports it, is imported; then it imports."""
    for name in ("_meta_registrations", "_autograd_registrations"):
        sys.modules.setdefault(f"torchvision.{name}", ModuleType(f"torchvision.{name}"))
