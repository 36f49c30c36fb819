"""How good, honestly: scores against what came, forecasts against naive ones, returns against their own luck.

In come scores, labels, probabilities, weights or returns that something else made; out come small results with their
error bars and, where a number cannot be had, NaN and the reason. Nothing here fits or chooses anything.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.evaluation.bootstrap import block_bootstrap as block_bootstrap
    from dlcore.evaluation.breakdown import by_sector as by_sector
    from dlcore.evaluation.breakdown import by_year as by_year
    from dlcore.evaluation.breakdown import decay as decay
    from dlcore.evaluation.comparison import diebold_mariano as diebold_mariano
    from dlcore.evaluation.direction import direction_accuracy as direction_accuracy
    from dlcore.evaluation.drawdown import max_drawdown as max_drawdown
    from dlcore.evaluation.drawdown import underwater as underwater
    from dlcore.evaluation.errors import mae as mae
    from dlcore.evaluation.errors import mse as mse
    from dlcore.evaluation.errors import r_squared as r_squared
    from dlcore.evaluation.ic import information_coefficient as information_coefficient
    from dlcore.evaluation.luck import deflated_sharpe as deflated_sharpe
    from dlcore.evaluation.luck import expected_maximum_sharpe as expected_maximum_sharpe
    from dlcore.evaluation.luck import probabilistic_sharpe as probabilistic_sharpe
    from dlcore.evaluation.luck import sharpe_standard_error as sharpe_standard_error
    from dlcore.evaluation.performance import calmar as calmar
    from dlcore.evaluation.performance import hit_rate as hit_rate
    from dlcore.evaluation.performance import sharpe as sharpe
    from dlcore.evaluation.performance import sortino as sortino
    from dlcore.evaluation.probability import brier_score as brier_score
    from dlcore.evaluation.probability import calibration_curve as calibration_curve
    from dlcore.evaluation.significance import mean_test as mean_test
    from dlcore.evaluation.snooping import benjamini_hochberg as benjamini_hochberg
    from dlcore.evaluation.snooping import reality_check as reality_check
    from dlcore.evaluation.steadiness import prediction_stability as prediction_stability
    from dlcore.evaluation.steadiness import turnover as turnover
    from dlcore.evaluation.summary import summarize as summarize

_HOMES = {
    "benjamini_hochberg": "snooping",
    "block_bootstrap": "bootstrap",
    "brier_score": "probability",
    "by_sector": "breakdown",
    "by_year": "breakdown",
    "calibration_curve": "probability",
    "calmar": "performance",
    "decay": "breakdown",
    "deflated_sharpe": "luck",
    "diebold_mariano": "comparison",
    "direction_accuracy": "direction",
    "expected_maximum_sharpe": "luck",
    "hit_rate": "performance",
    "information_coefficient": "ic",
    "mae": "errors",
    "max_drawdown": "drawdown",
    "mean_test": "significance",
    "mse": "errors",
    "prediction_stability": "steadiness",
    "probabilistic_sharpe": "luck",
    "r_squared": "errors",
    "reality_check": "snooping",
    "sharpe": "performance",
    "sharpe_standard_error": "luck",
    "sortino": "performance",
    "summarize": "summary",
    "turnover": "steadiness",
    "underwater": "drawdown",
}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll] -- each name is imported above for the reader

__getattr__ = on_demand(__name__, _HOMES)
