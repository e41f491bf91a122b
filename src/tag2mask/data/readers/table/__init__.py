"""What `tags_csv` is made of: from the bytes of a table to photos with tags.

`text` decodes, `sheet` finds rows and cells, `columns` their meaning, `tag_cells` the tags in a
cell, `nothing` the words for no tag, `spellings` the classes; `file_names` finds the photos. Each
returns sentences about what it decided for the user, see `Dataset.notices`.
"""

from __future__ import annotations
