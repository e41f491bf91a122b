"""What a notebook works with: runs, tables and settings, through the names of `tag2mask`.

The command line calls the same functions, so nothing that can be typed is out of reach here.
"""
