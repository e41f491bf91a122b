"""What is wrong with a data set: `tag2mask inspect --deep`."""
