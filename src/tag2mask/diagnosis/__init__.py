"""Search for problems of a data set: `tag2mask inspect --deep`."""
