"""`python -m tag2mask`, for where the command itself is not on the path."""

from tag2mask.cli import main

main()
