"""Stages one after the other, each only where its inputs or settings changed."""

from tag2mask.pipeline.runner import demo, predict, run, run_stage

__all__ = ["demo", "predict", "run", "run_stage"]
