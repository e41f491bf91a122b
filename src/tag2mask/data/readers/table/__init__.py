"""Components of `tags_csv`, which convert the bytes of a table to photos with tags.

`text` decodes, `sheet` parses rows and cells, `columns` finds the roles of columns, `tag_cells`
splits cells into tags, `nothing` handles words for no tag, `spellings` merges class names;
`file_names` finds the photos. Each returns its automatic decisions, see `Dataset.notices`.
"""

from __future__ import annotations
