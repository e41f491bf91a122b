"""Data sets elsewhere: on the Hugging Face hub, in a bucket or on a web server.

`local_folder` downloads a data set once, into a cache folder, from which it is then read like any
other. Nothing here uses the network unless an address was given.
"""

from tag2mask.data.remote.cache import Copy, local_copy, local_folder

__all__ = ["Copy", "local_copy", "local_folder"]
