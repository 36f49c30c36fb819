"""Forecasters of channels: one network that says what every channel will be, and from it the score of the contract.

In come windows `(batch, look_back, channels)`, whose features are the channels; out come the next `horizon` steps of
every channel, or, as a Forecaster, one step read off by the return head. Both are the same network.
"""

from abc import abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

from dlcore.models.neural import NeuralForecaster
from dlcore.training import Batches, loop, seeded


@dataclass
class ChannelForecaster(NeuralForecaster):
    """A Forecaster whose body is a network from windows to the future of their channels.

    `fit` and `predict` are those of the contract: the body says one step of each channel, in their standardised units,
    and the return head takes its score from there. Only the score is taught, so that step is what helps the score, not
    tomorrow's features. `teach` teaches the channels themselves, as many steps as are wanted.
    """

    @abstractmethod
    def network(self, look_back: int, horizon: int, channels: int) -> nn.Module:
        """A module with fresh weights, (batch, look_back, channels) to (batch, horizon, channels)."""

    def teach(
        self, batches: Batches, validation: Batches, *, look_back: int, horizon: int, channels: int
    ) -> tuple[nn.Module, loop.Training]:
        """Teach a fresh network all steps of all channels, by their squared errors; `fit` is not touched by it.

        Parameters
        ----------
        batches, validation : Batches
            Of pairs: windows (batch, look_back, channels), and what came after them (batch, horizon, channels).
        look_back, horizon, channels : int
            Each ≥ 1.

        Returns
        -------
        module : nn.Module
            With the weights of its best epoch on validation, on the model's device, in evaluation mode.
        training : Training
            What happened.
        """
        with seeded(self.seed):
            module = self.network(look_back, horizon, channels)
        return module, loop.train(module, _squared, batches, self._config(), validation=validation)

    def _body(self, features: int, length: int) -> tuple[nn.Module, int]:
        return nn.Sequential(self.network(length, 1, features), nn.Flatten()), features  # (B, L, C), (B, 1, C), (B, C)


def _squared(module: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    windows, future = batch
    return (module(windows).float() - future).square().mean((1, 2))  # (B, H, C) to (B,)
