"""A SAM of 64 pixels, drawn at random, as transformers saves it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch


def save_tiny_sam(folder: Path) -> Path:
    """Save it in a folder, which is given back; skip the test where transformers is missing."""
    package = pytest.importorskip("transformers")
    both = {"hidden_size": 16, "num_attention_heads": 2, "mlp_dim": 16}
    config = package.SamConfig(
        vision_config={
            **both, "output_channels": 16, "num_hidden_layers": 2, "image_size": 64,
            "patch_size": 8, "window_size": 2, "global_attn_indexes": [1], "num_pos_feats": 8,
        },
        prompt_encoder_config={
            "hidden_size": 16, "image_size": 64, "patch_size": 8, "mask_input_channels": 4,
        },
        mask_decoder_config={**both, "iou_head_hidden_dim": 16},
    )
    torch.manual_seed(0)
    package.SamModel(config).save_pretrained(folder)
    return folder
