"""A head with an attention per class."""

from __future__ import annotations

import torch

from tag2mask.models.heads.attention import AttentionHead


def test_the_mean_of_the_evidence_is_what_attention_gathers() -> None:
    """Cell by cell; an untrained query looks everywhere alike."""
    torch.manual_seed(0)
    head, feature = AttentionHead(5, 3), torch.randn(2, 5, 4, 6)
    plain = head.values(feature).mean((2, 3))
    torch.testing.assert_close(head([feature]).mean((2, 3)), plain)
    torch.nn.init.normal_(head.queries.weight)
    attention = head.attention([feature])
    torch.testing.assert_close(attention.sum((2, 3)), torch.ones(2, 3))
    wanted = torch.zeros(2, 3)
    for b in range(2):
        for k in range(3):
            logits = (head.queries.weight[k] * feature[b]).sum(0)
            weights = logits.exp() / logits.exp().sum()
            wanted[b, k] = (weights * (head.values.weight[k] * feature[b]).sum(0)).sum()
    torch.testing.assert_close(head([feature]).mean((2, 3)), wanted)
    assert not torch.allclose(wanted, plain)
