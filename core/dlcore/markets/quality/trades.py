"""Trade time: each asset's trades without the gaps, what its moves are beyond the market's, and their local scale."""

from dataclasses import dataclass

import numpy as np

from dlcore.markets.quality.settings import QualitySettings

NORMAL = 1.4826  # the standard deviation of a normal over its median absolute deviation


@dataclass(frozen=True)
class TradeTime:
    """Where each asset's k-th trade is.

    Attributes
    ----------
    rows : array of int (trades, assets)
        Row of the k-th trade in the panel; after an asset's last trade, rows on which it did not trade.
    """

    rows: np.ndarray

    def take(self, field: np.ndarray) -> np.ndarray:
        """A field (dates, assets) in trade time, (trades, assets); NaN after an asset's last trade."""
        return np.take_along_axis(field, self.rows, axis=0)


def in_trade_time(close: np.ndarray) -> TradeTime:
    """Push each asset's trades together.

    Parameters
    ----------
    close : array (dates, assets)
        NaN is "did not trade".

    Returns
    -------
    TradeTime
        The places of the trades.
    """
    return TradeTime(np.argsort(np.isnan(close), axis=0, kind="stable"))


def middle(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median along the last axis of what is known, and how many are known; NaN where none is."""
    ordered = np.sort(values, axis=-1)  # NaN last
    known = np.isfinite(values).sum(axis=-1)
    low, high = np.maximum(known - 1, 0) // 2, known // 2
    high = np.minimum(high, values.shape[-1] - 1)
    pair = np.take_along_axis(ordered, np.stack([low, high], axis=-1), axis=-1)
    return pair.mean(axis=-1), known


def beyond_market(close: np.ndarray, trades: TradeTime, settings: QualitySettings) -> np.ndarray:
    """Log returns between an asset's trades, less what the market did meanwhile.

    Parameters
    ----------
    close : array (dates, assets)
        NaN is "did not trade".
    trades : TradeTime
        Of the same closes.
    settings : QualitySettings
        `market_assets`.

    Returns
    -------
    array (trades, assets)
        NaN in the first row and after the last trade. The market is the cross-sectional median of the returns from one
        date to the next, nil where fewer than `market_assets` have one.
    """
    daily = np.diff(np.log(close), axis=0)  # (dates - 1, assets)
    median, known = middle(daily)
    market = np.concatenate([[0.0], np.cumsum(np.where(known >= settings.market_assets, median, 0.0))])  # (dates,)
    level = trades.take(np.log(close) - market[:, None])
    return np.concatenate([np.full_like(level[:1], np.nan), np.diff(level, axis=0)])


def local_scale(moves: np.ndarray, places: np.ndarray, settings: QualitySettings) -> np.ndarray:
    """The usual size of an asset's moves around some of them.

    Parameters
    ----------
    moves : array (trades, assets)
        As from `beyond_market`.
    places : array of int (2, places)
        Rows and columns; where the scale is wanted. The move itself and its neighbours do not take part.
    settings : QualitySettings
        `scale_window`, `scale_known`, `scale_floor`.

    Returns
    -------
    array (places,)
        1.4826 × median absolute deviation of the moves before and of those after, the larger of the two: where
        volatility changes, the wilder side decides. Infinite where neither side has enough of them.
    """
    window = settings.scale_window
    padded = np.pad(moves, ((window + 1, window + 1), (0, 0)), constant_values=np.nan)
    rows, columns = places[0][:, None] + window + 1, places[1][:, None]
    scale = np.full(len(places[0]), -np.inf)
    for offsets in (np.arange(-window - 1, -1), np.arange(2, window + 2)):
        around = padded[rows + offsets, columns]  # (places, window)
        centre, known = middle(around)
        deviation, _ = middle(np.abs(around - centre[:, None]))
        scale = np.fmax(scale, np.where(known >= settings.scale_known, NORMAL * deviation, -np.inf))
    return np.where(np.isfinite(scale), np.maximum(scale, settings.scale_floor), np.inf)
