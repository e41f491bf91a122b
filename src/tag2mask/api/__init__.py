"""The Python interface: runs, tables and settings, exported by `tag2mask`.

The command line calls the same functions, so everything it offers is available from Python too.
"""
