"""Quarantine before you marvel: what in a Panel is bookkeeping rather than market.

In comes a Panel; out comes a Report of findings, each with a date, an asset, a severity and one sentence. Nothing is
mended, nothing is dropped: what to do about a finding is the caller's decision. Errors are what no market does,
warnings what a person should look at, notes what is worth knowing.
"""

from typing import TYPE_CHECKING

from dlcore.markets.quality.picture import draw_report
from dlcore.markets.quality.report import Report
from dlcore.markets.quality.settings import QualitySettings

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["QualitySettings", "Report", "check_quality", "draw_report"]

FIELDS = ("open", "high", "low", "close", "volume")


def check_quality(panel: "xr.Dataset", settings: QualitySettings | None = None) -> Report:
    """Look for defects in a Panel.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel; it is not changed. NaN is "did not trade". Checks whose fields it lacks find nothing.
    settings : QualitySettings, optional
        Thresholds.

    Returns
    -------
    Report
        "bar order", "missing field", "zero volume", "missing sessions", "thin date", "stale close", "wrong tick",
        "jump reverts", "split?", "spin-off or news?", "symbol re-used?".

    Raises
    ------
    ValueError, TypeError
        Where `check_panel` refuses the panel.
    """
    from dlcore.markets.panel import check_panel
    from dlcore.markets.quality.bars import bar_order, missing_fields, zero_volume
    from dlcore.markets.quality.jumps import jumps
    from dlcore.markets.quality.report import make_report
    from dlcore.markets.quality.runs import missing_sessions, stale_closes
    from dlcore.markets.quality.ticks import wrong_ticks

    check_panel(panel)
    settings = settings or QualitySettings()
    fields = {name: panel[name].transpose("date", "asset").to_numpy() for name in FIELDS if name in panel}
    checks = (bar_order, missing_fields, zero_volume, missing_sessions, stale_closes, wrong_ticks, jumps)
    return make_report([finding for check in checks for finding in check(fields, settings)], panel)
