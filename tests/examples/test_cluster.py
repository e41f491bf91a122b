"""The example files for clusters are valid, and name options that exist."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

CLUSTER = Path(__file__).parents[2] / "examples" / "cluster"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_slurm_script_is_valid_bash() -> None:
    """And starts with the settings of sbatch, which end at the first command."""
    script = CLUSTER / "slurm.sh"
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    lines = script.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line and line[0] != "#")
    assert sum(line.startswith("#SBATCH --") for line in lines[:first]) == 8


def test_the_kubernetes_job_is_consistent() -> None:
    """Pod 0 is found under the name that the service gives it; all mounts have a volume."""
    service, job = yaml.safe_load_all((CLUSTER / "kubernetes.yaml").read_text(encoding="utf-8"))
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (command,) = container["args"]
    assert pod["subdomain"] == service["metadata"]["name"]
    assert f"{job['metadata']['name']}-0.{pod['subdomain']} " in command
    assert service["spec"]["selector"]["job-name"] == job["metadata"]["name"]
    assert f"--nnodes {job['spec']['completions']} " in command
    assert f"--nproc-per-node {container['resources']['limits']['nvidia.com/gpu']} " in command
    assert {mount["name"] for mount in container["volumeMounts"]} \
        == {volume["name"] for volume in pod["volumes"]}


def test_the_ray_script_is_valid_python() -> None:
    """And it is documented."""
    assert ast.get_docstring(ast.parse((CLUSTER / "ray_run.py").read_text(encoding="utf-8")))
