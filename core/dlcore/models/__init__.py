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
    from dlcore.models.heads import multi_task_loss as multi_task_loss
    from dlcore.models.itransformer import ITransformer as ITransformer
    from dlcore.models.linear_forecasters import DLinear as DLinear
    from dlcore.models.linear_forecasters import NLinear as NLinear
    from dlcore.models.lstm import LSTM as LSTM
    from dlcore.models.neural import NeuralForecaster as NeuralForecaster
    from dlcore.models.persistence import Persistence as Persistence
    from dlcore.models.ridge import Ridge as Ridge
    from dlcore.models.tcn import TCN as TCN
    from dlcore.models.tide import TiDE as TiDE
    from dlcore.models.transformer import TransformerForecaster as TransformerForecaster

_HOMES = {
    "ANN": "ann",
    "Analogue": "analogue",
    "DLinear": "linear_forecasters",
    "Ensemble": "ensemble",
    "Forecaster": "forecaster",
    "GradientBoosting": "gradient_boosting",
    "ITransformer": "itransformer",
    "LSTM": "lstm",
    "NLinear": "linear_forecasters",
    "NeuralForecaster": "neural",
    "Persistence": "persistence",
    "Ridge": "ridge",
    "TCN": "tcn",
    "TiDE": "tide",
    "TransformerForecaster": "transformer",
    "load_forecaster": "forecaster",
    "multi_task_loss": "heads",
}

__all__ = [
    "ANN",
    "LSTM",
    "TCN",
    "Analogue",
    "DLinear",
    "Ensemble",
    "Forecaster",
    "GradientBoosting",
    "ITransformer",
    "NLinear",
    "NeuralForecaster",
    "Persistence",
    "Ridge",
    "TiDE",
    "TransformerForecaster",
    "load_forecaster",
    "multi_task_loss",
]

__getattr__ = on_demand(__name__, _HOMES)
