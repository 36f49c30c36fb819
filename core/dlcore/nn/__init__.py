"""By hand, in torch: what networks over windows of days are built from, fast enough to be used.

In come float tensors, batch first, `(batch, length, width)`; out come tensors of the same dtype on the same device.
Weights are learned elsewhere; nothing here knows a price.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.nn.convolution import CausalConv1d as CausalConv1d
    from dlcore.nn.convolution import ResidualBlock as ResidualBlock
    from dlcore.nn.convolution import TemporalConvNet as TemporalConvNet
    from dlcore.nn.convolution import causal_conv1d as causal_conv1d
    from dlcore.nn.convolution import receptive_field as receptive_field
    from dlcore.nn.dot_product import attention as attention
    from dlcore.nn.dot_product import attention_weights as attention_weights
    from dlcore.nn.dot_product import causal_mask as causal_mask
    from dlcore.nn.dropout import Dropout as Dropout
    from dlcore.nn.encoder import Encoder as Encoder
    from dlcore.nn.encoder import EncoderLayer as EncoderLayer
    from dlcore.nn.heads import MultiHeadAttention as MultiHeadAttention
    from dlcore.nn.norm import LayerNorm as LayerNorm
    from dlcore.nn.norm import RevIN as RevIN
    from dlcore.nn.norm import RMSNorm as RMSNorm
    from dlcore.nn.norm import layer_norm as layer_norm
    from dlcore.nn.positional import CalendarEmbedding as CalendarEmbedding
    from dlcore.nn.positional import LearnedPositions as LearnedPositions
    from dlcore.nn.positional import SinusoidalPositions as SinusoidalPositions
    from dlcore.nn.positional import rotary as rotary

_FILES = {
    "convolution": ("CausalConv1d", "ResidualBlock", "TemporalConvNet", "causal_conv1d", "receptive_field"),
    "dot_product": ("attention", "attention_weights", "causal_mask"),
    "dropout": ("Dropout",),
    "encoder": ("Encoder", "EncoderLayer"),
    "heads": ("MultiHeadAttention",),
    "norm": ("LayerNorm", "RMSNorm", "RevIN", "layer_norm"),
    "positional": ("CalendarEmbedding", "LearnedPositions", "SinusoidalPositions", "rotary"),
}
_HOMES = {name: file for file, names in _FILES.items() for name in names}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll] -- one list instead of three


def __getattr__(name: str) -> Any:
    """Import a block with its file, and torch, at first use (PEP 562).

    No file is called as one of the names: `attention` is the function, whatever was imported before.
    """
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _FILES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}: it has {', '.join(__all__)}")
