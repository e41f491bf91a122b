"""Read WebDataset shards: tar files with the photos, tags and masks of a data set.

The files of a photo share a key, their path up to the first dot of the name: `cat/001.jpg`,
`cat/001.json` with {"tags": ["cat"], "split": "train"} or `cat/001.cls`, and `cat/001.mask.png`.
Photos stay in the shards; an index of these says where, see `tag2mask.data.shard_index`.
"""

from tag2mask.data.readers.shards.files import fits
from tag2mask.data.readers.shards.reading import read

LOOKS_FOR = "WebDataset shards (*.tar) with KEY.jpg and KEY.json or KEY.cls"

__all__ = ["LOOKS_FOR", "fits", "read"]
