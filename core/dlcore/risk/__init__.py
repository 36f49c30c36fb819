"""What it may lose: tails, volatility, correlation, calibrated odds, exit levels and the limits of a book.

In come returns, scores and weights over `(date, asset)`; out come forecasts indexed by the date at whose close they can
be made, tables that test them, and weights that keep the limits. A value at t uses nothing later than t, and a loss is
a positive number.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.risk.calibration import calibrator_from_json as calibrator_from_json
    from dlcore.risk.calibration import fit_isotonic as fit_isotonic
    from dlcore.risk.calibration import fit_platt as fit_platt
    from dlcore.risk.calibration import fit_temperature as fit_temperature
    from dlcore.risk.conformal import adaptive_conformal as adaptive_conformal
    from dlcore.risk.conformal import conformal_quantile as conformal_quantile
    from dlcore.risk.conformal import split_conformal as split_conformal
    from dlcore.risk.correlation import ledoit_wolf as ledoit_wolf
    from dlcore.risk.correlation import plot_correlation as plot_correlation
    from dlcore.risk.correlation import rolling_correlation as rolling_correlation
    from dlcore.risk.correlation import rolling_covariance as rolling_covariance
    from dlcore.risk.coverage import christoffersen as christoffersen
    from dlcore.risk.coverage import coverage_table as coverage_table
    from dlcore.risk.coverage import exceedances as exceedances
    from dlcore.risk.coverage import independence as independence
    from dlcore.risk.coverage import kupiec as kupiec
    from dlcore.risk.garch import garch_variance as garch_variance
    from dlcore.risk.har import har_variance as har_variance
    from dlcore.risk.levels import atr_levels as atr_levels
    from dlcore.risk.levels import conformal_levels as conformal_levels
    from dlcore.risk.limits import Limits as Limits
    from dlcore.risk.limits import apply_limits as apply_limits
    from dlcore.risk.losses import variance_loss as variance_loss
    from dlcore.risk.losses import variance_table as variance_table
    from dlcore.risk.var import cornish_fisher_tail as cornish_fisher_tail
    from dlcore.risk.var import filtered_tail as filtered_tail
    from dlcore.risk.var import gaussian_tail as gaussian_tail
    from dlcore.risk.var import historical_tail as historical_tail
    from dlcore.risk.var import rolling_tail as rolling_tail
    from dlcore.risk.volatility import ewma_variance as ewma_variance
    from dlcore.risk.volatility import range_variance as range_variance

_HOMES = {
    "Limits": "limits",
    "adaptive_conformal": "conformal",
    "apply_limits": "limits",
    "atr_levels": "levels",
    "calibrator_from_json": "calibration",
    "christoffersen": "coverage",
    "conformal_levels": "levels",
    "conformal_quantile": "conformal",
    "cornish_fisher_tail": "var",
    "coverage_table": "coverage",
    "ewma_variance": "volatility",
    "exceedances": "coverage",
    "filtered_tail": "var",
    "fit_isotonic": "calibration",
    "fit_platt": "calibration",
    "fit_temperature": "calibration",
    "garch_variance": "garch",
    "gaussian_tail": "var",
    "har_variance": "har",
    "historical_tail": "var",
    "independence": "coverage",
    "kupiec": "coverage",
    "ledoit_wolf": "correlation",
    "plot_correlation": "correlation",
    "range_variance": "volatility",
    "rolling_correlation": "correlation",
    "rolling_covariance": "correlation",
    "rolling_tail": "var",
    "split_conformal": "conformal",
    "variance_loss": "losses",
    "variance_table": "losses",
}

__all__ = [
    "Limits",
    "adaptive_conformal",
    "apply_limits",
    "atr_levels",
    "calibrator_from_json",
    "christoffersen",
    "conformal_levels",
    "conformal_quantile",
    "cornish_fisher_tail",
    "coverage_table",
    "ewma_variance",
    "exceedances",
    "filtered_tail",
    "fit_isotonic",
    "fit_platt",
    "fit_temperature",
    "garch_variance",
    "gaussian_tail",
    "har_variance",
    "historical_tail",
    "independence",
    "kupiec",
    "ledoit_wolf",
    "plot_correlation",
    "range_variance",
    "rolling_correlation",
    "rolling_covariance",
    "rolling_tail",
    "split_conformal",
    "variance_loss",
    "variance_table",
]

__getattr__ = on_demand(__name__, _HOMES)
