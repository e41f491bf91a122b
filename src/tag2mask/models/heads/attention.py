"""A class head that pools by an attention per class instead of a mean."""

from __future__ import annotations

from torch import Tensor, nn

from tag2mask.models.heads.head import Head


class AttentionHead(Head):
    """One query and one value per class: the query defines the attention, the value the evidence.

    As in Ilse et al., "Attention-based Deep Multiple Instance Learning" (ICML 2018), section 2.4,
    with one attention per class, linear in the feature: the logit of class k is the sum over the
    cells of softmax(q_k * feature) times v_k * feature. Evidence is that product times the number
    of cells, so its mean is the logit, as of every head.
    """

    def __init__(self, channels: int, num_classes: int) -> None:
        """Initialise the values; queries start at 0, so that the pooling starts as the mean.

        Args:
            channels: number of channels of the classified feature.
            num_classes: K.
        """
        super().__init__()
        self.queries = nn.Conv2d(channels, num_classes, 1, bias=False)
        self.values = nn.Conv2d(channels, num_classes, 1, bias=False)
        nn.init.zeros_(self.queries.weight)

    def attention(self, features: list[Tensor]) -> Tensor:
        """Map features to (B, K, h, w), summing up to 1 over the cells."""
        logits: Tensor = self.queries(features[-1])
        return logits.flatten(2).softmax(2).reshape(logits.shape)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features to evidence (B, K, h, w)."""
        attention = self.attention(features)
        evidence: Tensor = self.values(features[-1]) * attention * attention.shape[2:].numel()
        return evidence
