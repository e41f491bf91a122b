"""One run on a Ray cluster: python examples/cluster/ray_run.py DATA OUT --processes 4.

Needs `pip install "tag2mask[ray]"`. Ray starts the processes; tag2mask finds them as it finds those
of `torchrun`. DATA and OUT are folders on storage that all nodes see. The same command continues a
run that was interrupted.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any


def run_one(given: dict[str, Any]) -> None:
    """Be one process of the run."""
    import ray.train

    import tag2mask

    context = ray.train.get_context()
    # Ray has connected the processes and chosen their GPUs; these names are read by tag2mask.
    os.environ.setdefault("RANK", str(context.get_world_rank()))
    os.environ.setdefault("LOCAL_RANK", str(context.get_local_rank()))
    os.environ.setdefault("WORLD_SIZE", str(context.get_world_size()))
    os.environ.setdefault("LOCAL_WORLD_SIZE", str(context.get_local_world_size()))
    tag2mask.run(given["data"], given["out"], overrides=given["settings"],
                 progress=tag2mask.Progress("normal"))


def main() -> None:
    """Start the processes, and wait for the run."""
    from ray.train import ScalingConfig
    from ray.train.torch import TorchTrainer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--gpu", action="store_true", help="give each process a GPU")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.NAME=VALUE",
                        dest="settings", help="change a setting; can be repeated")
    given = parser.parse_args()
    TorchTrainer(
        run_one,
        train_loop_config={"data": str(given.data.resolve()), "out": str(given.out.resolve()),
                           "settings": given.settings},
        scaling_config=ScalingConfig(num_workers=given.processes, use_gpu=given.gpu),
    ).fit()


if __name__ == "__main__":
    main()
