"""Sphinx builds the documentation: `make docs`.

Sphinx, because PyTorch and scikit-learn use it; MyST, because the pages are Markdown.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import reference_pages  # noqa: E402  (lives in this folder)

import tag2mask  # noqa: E402

reference_pages.write_pages(HERE / "reference" / "generated")

project = "tag2mask"
author = "the tag2mask authors"
copyright = author
release = tag2mask.__version__
extensions = [
    "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["site", "compare"]
html_extra_path = ["compare"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
autodoc_typehints = "description"
autodoc_member_order = "bysource"
html_theme = "furo"
html_title = f"tag2mask {release}"
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6e99", "color-brand-content": "#0b6e99"},
    "dark_css_variables": {"color-brand-primary": "#5cc0ea", "color-brand-content": "#5cc0ea"},
}
smartquotes = False
