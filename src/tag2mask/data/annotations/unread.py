"""Report files that look like annotations, but have a name or format that is not read."""

from __future__ import annotations

from tag2mask.data.annotations.files import FOLDER, misnamed_tables, other_pictures
from tag2mask.data.annotations.photo_index import PhotoIndex


def unread_notices(index: PhotoIndex) -> list[str]:
    """Return a sentence for each table with another name, and one for masks that are no PNG files.

    Args:
        index: of the data set; a picture counts as a mask if it is named after a photo.
    """
    root = index.dataset.root
    lines = [f"{name} is not read as annotations; rename it to {table}, with comma-separated "
             f"cells." if name.lower() != table else
             f"{name} is not read as annotations; rename it to {table}, in lower case."
             for name, table in misnamed_tables(root)]
    masks = [path.name for name, path in other_pictures(root) if index.find(name) is not None]
    if masks:
        lines.append(
            f"{FOLDER}/: {len(masks):,} picture{'s' * (len(masks) > 1)} named after photos, but "
            f"not PNG, so not read as masks; the first is {masks[0]}; save it as PNG, with one "
            f"label per pixel."
        )
    return lines
