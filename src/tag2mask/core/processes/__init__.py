"""One run computed by several processes, started by `torchrun` or `accelerate launch`.

All processes execute the same program. They share out the photos of a loop (`own`), bring results
together in a fixed order (`interleaved`), let the first process decide where all must decide alike
(`first_says`), and leave files that exist once per run to the first process. With one process,
every function here is the identity.
"""

from tag2mask.core.processes.collectives import (
    agree,
    barrier,
    exchange,
    exists,
    first_says,
    interleaved,
    missing,
    own,
)
from tag2mask.core.processes.joining import alone, joined
from tag2mask.core.processes.state import Failure, count, failure, is_first, launched, rank

__all__ = [
    "Failure", "agree", "alone", "barrier", "count", "exchange", "exists", "failure", "first_says",
    "interleaved", "is_first", "joined", "launched", "missing", "own", "rank",
]
