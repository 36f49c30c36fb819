"""What predicts: one file per model, and one contract for all of them.

In come Windows with targets, out come Forecasters that turn other Windows into scores over (date, asset). A model sees
the samples it is given and nothing else: who may learn from what is decided before, by a fold.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.models.analogue import Analogue as Analogue
    from dlcore.models.ann import ANN as ANN
    from dlcore.models.ensemble import Ensemble as Ensemble
    from dlcore.models.forecaster import Forecaster as Forecaster
    from dlcore.models.forecaster import load_forecaster as load_forecaster
    from dlcore.models.gradient_boosting import GradientBoosting as GradientBoosting
    from dlcore.models.lstm import LSTM as LSTM
    from dlcore.models.neural import NeuralForecaster as NeuralForecaster
    from dlcore.models.persistence import Persistence as Persistence
    from dlcore.models.ridge import Ridge as Ridge
    from dlcore.models.tcn import TCN as TCN
    from dlcore.models.transformer import TransformerForecaster as TransformerForecaster

_HOMES = {
    "ANN": "ann",
    "Analogue": "analogue",
    "Ensemble": "ensemble",
    "Forecaster": "forecaster",
    "GradientBoosting": "gradient_boosting",
    "LSTM": "lstm",
    "NeuralForecaster": "neural",
    "Persistence": "persistence",
    "Ridge": "ridge",
    "TCN": "tcn",
    "TransformerForecaster": "transformer",
    "load_forecaster": "forecaster",
}

__all__ = [
    "ANN",
    "LSTM",
    "TCN",
    "Analogue",
    "Ensemble",
    "Forecaster",
    "GradientBoosting",
    "NeuralForecaster",
    "Persistence",
    "Ridge",
    "TransformerForecaster",
    "load_forecaster",
]

__getattr__ = on_demand(__name__, _HOMES)
