"""Batch normalisation that supports batches with a single value per channel."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)


class SteadyBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation (Ioffe & Szegedy, ICML 2015), also for a single value per channel.

    A batch of one photo whose feature is a single cell has no variance. In training, such a batch
    is normalised by the running statistics without updating them; all others as usual.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same shape."""
        if self.training and input.numel() == input.shape[1]:
            mean, variance = (self.get_buffer(f"running_{name}") for name in ("mean", "var"))
            return F.batch_norm(input, mean, variance, self.weight, self.bias, eps=self.eps)
        return super().forward(input)
