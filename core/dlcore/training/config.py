"""What is settled before any learning begins: how long, how fast, how careful.

In come plain numbers, out comes a frozen TrainingConfig, or one line that names the number that is not allowed. Two
runs of one config on one machine give the same weights.
"""

import math
from dataclasses import dataclass

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of `train`.

    Parameters
    ----------
    epochs : int
        Passes over the training samples at most, ≥ 1.
    learning_rate : float
        The highest, > 0, reached at the end of the warm-up.
    weight_decay : float
        Of AdamW, ≥ 0; biases, gains of norms and embeddings do not decay.
    warm_up : float
        Share of all steps in which the rate rises from near zero, in [0, 1).
    floor : float
        Where the cosine ends, as a share of `learning_rate`, in [0, 1]; 1 keeps the rate constant.
    clip_norm : float
        Longest gradient, over all weights together, > 0; infinity does not clip.
    patience : int
        Epochs without a lower validation loss before learning stops, ≥ 1. Without validation it is not looked at.
    seed : int
        Of the order of the samples and of dropout, ≥ 0.
    device : {"auto", "cpu", "cuda"}
        "auto" is the GPU where there is one. A CUDA device may have its number, as "cuda:1".
    precision : {"auto", "float32", "bfloat16"}
        Of activations; weights are what the module holds. "auto" is bfloat16 on GPUs that have it, else float32.

    Raises
    ------
    ValueError
        For a value that is not allowed.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR (2019), and "SGDR", ICLR (2017).
    """

    epochs: int = 20
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.05
    floor: float = 0.05
    clip_norm: float = 1.0
    patience: int = 5
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("patience", 1), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"{name}={value!r} is not allowed: give an integer ≥ {least}")
        allowed = {
            "learning_rate": ("a finite number above 0", 0 < self.learning_rate < math.inf),
            "weight_decay": ("a finite number ≥ 0", 0 <= self.weight_decay < math.inf),
            "warm_up": ("a share of all steps in [0, 1)", 0 <= self.warm_up < 1),
            "floor": ("a share of the learning rate in [0, 1]", 0 <= self.floor <= 1),
            "clip_norm": ("a number above 0, or infinity", self.clip_norm > 0),
            "device": (f"one of {', '.join(DEVICES)}", self.device.partition(":")[0] in DEVICES),
            "precision": (f"one of {', '.join(PRECISIONS)}", self.precision in PRECISIONS),
        }
        for name, (what, holds) in allowed.items():
            if not holds:
                raise ValueError(f"{name}={getattr(self, name)!r} is not allowed: give {what}")


def learning_rate(config: TrainingConfig, step: int, steps: int) -> float:
    """Rate of one step: a straight rise over the warm-up, then half a cosine down to the floor.

    Parameters
    ----------
    config : TrainingConfig
    step : int
        From 0.
    steps : int
        Of all epochs together.

    Returns
    -------
    float
        `learning_rate` on the last step of the warm-up, ``floor · learning_rate`` on the very last.
    """
    warm = round(config.warm_up * steps)
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    done = (step - warm + 1) / max(steps - warm, 1)  # in (0, 1]
    share = config.floor + (1 - config.floor) * 0.5 * (1 + math.cos(math.pi * done))
    return config.learning_rate * share
