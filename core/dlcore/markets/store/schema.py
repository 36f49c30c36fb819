"""Which rows may be stored: the rules of `dlcore.markets.rows` as a pandera schema, and what it refuses put aside.

In come rows as a file or a source has them, out come those same rows without the values that break a rule, and a table
of the rows that broke one, whole and as they came, each with its reasons.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlcore.markets.rows import BARS, RULES, UNADJUSTED, Rule, adjustment_factor, closed_reason

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

KEYS = ["date", "symbol"]
TWICE = "second row for its date and symbol"
FLAGS = {"alone": TWICE, "adjusted": UNADJUSTED}  # what no column says by itself, as columns of bool
SPLITS = Rule("split is not above 0", ("split",), lambda values: ~(values <= 0))


def row_schema(fields: Sequence[str], calendar: str, days: np.ndarray) -> "pa.DataFrameSchema":
    """Say what rows must be.

    Parameters
    ----------
    fields : sequence of str
        Columns besides date and symbol; all float64, NaN allowed.
    calendar : str
        Code of the exchange, for the reason.
    days : array of datetime64
        Its sessions.

    Returns
    -------
    DataFrameSchema
        Every check has its reason as its name.

    Raises
    ------
    ModuleNotFoundError
        Where pandera is not installed.
    """
    try:
        import pandera.pandas as pa
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error.name} is not installed: pip install dlcore[store]", name=error.name
        ) from None
    rules = (*RULES, SPLITS)
    columns = {
        name: pa.Column(
            float,
            [
                pa.Check(lambda series, rule=rule: rule.holds(series), error=rule.reason)
                for rule in rules
                if name in rule.fields
            ],
            nullable=True,
        )
        for name in fields
    }
    keys = {
        "date": pa.Column("datetime64[ns]", pa.Check(lambda series: series.isin(days), error=closed_reason(calendar))),
        "symbol": pa.Column(),
    }
    flags = {name: pa.Column(bool, pa.Check(lambda series: series, error=reason)) for name, reason in FLAGS.items()}
    return pa.DataFrameSchema(keys | columns | flags, strict=True)


def screen_rows(frame: "pd.DataFrame", calendar: str, days: np.ndarray) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Part rows from what may not be stored.

    Parameters
    ----------
    frame : DataFrame
        `date` (datetime64[ns]), `symbol`, and float64 fields with the names of `ROW_COLUMNS`; any index.
    calendar : str
        Code of the exchange.
    days : array of datetime64
        Its sessions, over the period of the rows at least.

    Returns
    -------
    clean : DataFrame
        Without rows on other days and second rows; other values that break a rule are NaN. `adjustment` stands where
        `adj_close` was, NaN where it is not known; prices are not multiplied by it.
    quarantined : DataFrame
        Every row that broke a rule, as it came, and `reason`.

    Raises
    ------
    ValueError
        For other columns or types: the source is wrong rather than a row.
    """
    frame = frame.reset_index(drop=True)
    fields = [name for name in frame.columns if name not in KEYS]
    clean = frame.copy()
    gone = np.zeros(len(frame), bool)
    text = np.full(len(frame), "", object)  # the reasons of each row
    flags = {"alone": ~frame.duplicated(KEYS), "adjusted": _adjustment_known(frame)}
    for column, reason, places in _broken(frame.assign(**flags), row_schema(fields, calendar, days)):
        said = f"{column}: {reason}" if column in fields else reason
        text[places] = np.where(text[places] == "", said, text[places] + "; " + said)
        if column in fields:
            clean.loc[places, column] = np.nan
        gone[places] |= column in ("date", "alone")
    if "adj_close" in fields:
        factor = adjustment_factor(clean["adj_close"].to_numpy(), clean["close"].to_numpy())
        clean = clean.assign(adj_close=factor).rename(columns={"adj_close": "adjustment"})
    return clean.loc[~gone], frame.assign(reason=text).loc[text != ""]


def _broken(frame: "pd.DataFrame", schema: "pa.DataFrameSchema") -> "list[tuple[str, str, np.ndarray]]":
    """Column, reason and places of every check that failed."""
    from pandera.errors import SchemaErrors

    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        if (structural := cases["index"].isna().to_numpy()).any():
            case = cases[structural].iloc[0]
            raise ValueError(
                f"rows cannot be stored: {case['check']}, {case['failure_case']} in {case['column']}: the source must "
                f"give date, symbol and float64 fields"
            ) from None
        return [
            (str(column), str(reason), group["index"].unique().astype(np.int64))
            for (column, reason), group in cases.groupby(["column", "check"], sort=False)
        ]
    return []


def _adjustment_known(frame: "pd.DataFrame") -> np.ndarray:
    """Whether a row with a price has its adjustment (rows,); True throughout where the source does not adjust."""
    if "adj_close" not in frame:
        return np.ones(len(frame), bool)
    prices = np.any([frame[name].notna() for name in (*BARS, "adj_close") if name in frame], axis=0)
    factor = adjustment_factor(frame["adj_close"].to_numpy(), frame["close"].to_numpy())
    return ~prices | ~np.isnan(factor)
