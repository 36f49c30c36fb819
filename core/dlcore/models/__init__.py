"""What predicts: one file per model, and one contract for all of them.

In come Windows with targets, out come Forecasters that turn other Windows into scores over (date, asset). A model sees
the samples it is given and nothing else: who may learn from what is decided before, by a fold.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.models.analogue import Analogue as Analogue
    from dlcore.models.ensemble import Ensemble as Ensemble
    from dlcore.models.forecaster import Forecaster as Forecaster
    from dlcore.models.forecaster import load_forecaster as load_forecaster
    from dlcore.models.gradient_boosting import GradientBoosting as GradientBoosting
    from dlcore.models.persistence import Persistence as Persistence
    from dlcore.models.ridge import Ridge as Ridge

_HOMES = {
    "Analogue": "analogue",
    "Ensemble": "ensemble",
    "Forecaster": "forecaster",
    "GradientBoosting": "gradient_boosting",
    "Persistence": "persistence",
    "Ridge": "ridge",
    "load_forecaster": "forecaster",
}

__all__ = ["Analogue", "Ensemble", "Forecaster", "GradientBoosting", "Persistence", "Ridge", "load_forecaster"]

__getattr__ = on_demand(__name__, _HOMES)
