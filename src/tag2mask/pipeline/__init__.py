"""Run the stages in order, each only if its inputs or settings changed."""

from tag2mask.pipeline.demo import demo
from tag2mask.pipeline.runner import run, run_stage
from tag2mask.prediction.predict import predict

__all__ = ["demo", "predict", "run", "run_stage"]
