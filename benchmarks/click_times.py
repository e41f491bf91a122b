"""Time of answers to clicks: `python benchmarks/click_times.py PHOTO`.

The photo is brought to 500 x 375 and to 2,000 x 1,500 pixels. Medians of CPU time: what is
computed once per photo (`before`), and answers on a grid of places, from an empty mask (`first`)
and from a mask that is there (`next`).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.crf.click_regions import Click, propose
from tag2mask.crf.photo_regions import divide_photo
from tag2mask.data.photos import load_photo

SIZES = ((500, 375), (2000, 1500))


def main() -> None:
    """Measure both sizes."""
    photo = Image.fromarray(load_photo(Path(sys.argv[1])))
    for width, height in SIZES:
        image = np.asarray(photo.resize((width, height)))
        regions = divide_photo(image)
        places = [Click(y * height / 4, x * width / 4) for y in (1, 2, 3) for x in (1, 2, 3)]
        present = propose(image, None, [places[4]], regions=regions)
        answer = partial(propose, image, None, regions=regions)
        rows = {
            "before": [milliseconds(partial(divide_photo, image)) for _ in range(5)],
            "first": [milliseconds(partial(answer, [click])) for click in places],
            "next": [milliseconds(partial(answer, [places[4], click], present=present))
                     for click in places],
        }
        sys.stdout.write(f"{width} x {height}: " + ", ".join(
            f"{name} {statistics.median(taken):.0f} ms" for name, taken in rows.items()) + "\n")


def milliseconds(call: Callable[[], object]) -> float:
    """Return the processor's time of one call."""
    begun = time.process_time()
    call()
    return 1000 * (time.process_time() - begun)


if __name__ == "__main__":
    main()
