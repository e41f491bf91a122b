"""The start of a run: read the data set, check it, and store it in the run folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tag2mask.core.files import remove_leftovers, write_text
from tag2mask.core.progress import Progress
from tag2mask.core.settings import to_toml
from tag2mask.data import check_photos, read_dataset
from tag2mask.data.dataset import Dataset
from tag2mask.data.learning_checks import refuse_unlearnable
from tag2mask.data.notices import announce_check, announce_findings, announce_reading
from tag2mask.pipeline.changed_settings import changes_sentence
from tag2mask.pipeline.config import Config
from tag2mask.pipeline.execution import Measure
from tag2mask.run_folder.content_hashes import (
    identify,
    read_contents,
    replaced_photos,
    write_contents,
)
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.lock import locked
from tag2mask.run_folder.moved import moved_sentence
from tag2mask.run_folder.origin import (
    is_remembered,
    refuse_names,
    refuse_other_folders,
    remember,
)
from tag2mask.run_folder.splits import with_splits_of


@dataclass
class Intake:
    """What is needed to begin a run; of several processes, the first one begins it."""

    data: Path
    folder: RunFolder
    config: Config
    workers: int
    progress: Progress
    photos: int | None
    """Number of photos of each split to use at most; None for all."""
    stored: Dataset | None = field(default=None, init=False)
    """The data set of the run with the hashes of its files, if it was unchanged when it began."""

    def begin(self, held: ExitStack, measure: Measure) -> None:
        """Read and check the data set, and store it and the settings in the run folder.

        Args:
            held: keeps the lock of the run folder.
            measure: measures the check.

        Raises:
            InputError: the data set is invalid, or the folder belongs to another run.
        """
        dataset = read_dataset(self.data, self.progress)
        refuse_unlearnable(dataset)
        dataset = with_splits_of(self.folder, dataset, self.photos)
        self.progress.say(f"{len(dataset.photos)} photos, {len(dataset.classes)} classes, "
                          f"seed {self.config.seed}")
        announce_reading(self.progress, dataset)
        refuse_other_folders(self.folder, dataset)
        refuse_names(dataset)
        if moved := moved_sentence(self.folder, dataset):
            self.progress.warn(moved)
        held.enter_context(locked(self.folder.root))
        self._take_in(dataset, measure)
        remove_leftovers(self.folder.root)
        if changes := changes_sentence(self.folder, self.config):
            self.progress.say(changes)
        write_text(self.folder.config, to_toml(self.config))

    def _take_in(self, dataset: Dataset, measure: Measure) -> None:
        """Store the data set in the run, after checking it unless its files are unchanged."""
        known = read_contents(self.folder)
        dataset, contents = identify(dataset, known)
        _announce_replaced(self.progress, replaced_photos(known, contents))
        if is_remembered(self.folder, dataset):
            stored = read_run_dataset(self.folder)
            announce_check(self.progress, dataset, stored)
            self.stored = identify(stored, known, fresh=contents)[0]
        else:
            with measure("check"):
                self._check(dataset)
        write_contents(self.folder, contents)

    def _check(self, dataset: Dataset) -> None:
        """Check all photos, report the findings, and store the checked data set in the run."""
        with self.progress.stage("check", total=len(dataset.photos)) as bar:
            checked = check_photos(dataset, workers=self.workers, advance=bar.advance)
        announce_check(self.progress, dataset, checked)
        announce_findings(self.progress, checked, warnings=self.photos is None)
        remember(self.folder, dataset, checked)


def _announce_replaced(progress: Progress, paths: Sequence[str]) -> None:
    if paths:
        progress.warn(f"{len(paths)} photos or masks were replaced since this run was made (for "
                      f"example {paths[0]}); all that depends on them is computed again.")
