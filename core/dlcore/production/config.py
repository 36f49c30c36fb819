"""One run, written down: where prices come from, what is forecast, how it learns, what is held.

In come plain values, out comes a frozen Config, or pydantic's refusal, which `config_text` makes one line of. Every key
has a default and a description.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

RECIPES = ("PRICE_ONLY", "ENGINEERED_24", "LSTM_ALPHA", "DEEPALPHA")


def _calendar_date(text: str | None) -> str | None:
    if text is not None:
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"={text} is not allowed: give a date such as 2015-01-31") from None
    return text


def _recipes(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in RECIPES:
            raise ValueError(f"={name} is not allowed: give one of {', '.join(RECIPES)}")
    return names


Day = Annotated[str | None, AfterValidator(_calendar_date)]
Names = Annotated[tuple[str, ...], Field(strict=False)]


class Section(BaseModel):
    """A table of the config: no key that is not known, no text for a number, no change later."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())


class Data(Section):
    """`[data]`."""

    market: str = Field(
        default="simulated-sp500", min_length=1, description="a name of `dlcore data list`, or a file's path"
    )
    start: Day = Field(default=None, description="first date, such as 2015-01-31")
    end: Day = Field(default=None, description="last date; without it the newest")


class Universe(Section):
    """`[universe]`."""

    membership: str | None = Field(
        default=None, description="CSV with ticker, start_date, end_date: who was a member when"
    )
    traded_value: float = Field(
        default=0.0, ge=0, description="least mean of close × volume over 20 sessions; 0 asks for none"
    )


class Features(Section):
    """`[features]`."""

    recipes: Annotated[Names, AfterValidator(_recipes)] = Field(
        default=("ENGINEERED_24", "DEEPALPHA"), description=f"any of {', '.join(RECIPES)}"
    )
    columns: Names = Field(default=(), description="further columns by name, such as rank_log_return_5")

    @model_validator(mode="after")
    def _something(self) -> "Features":
        if not self.recipes and not self.columns:
            raise ValueError(".recipes=[] is not allowed: give a recipe, or columns")
        return self


class Label(Section):
    """`[label]`."""

    kind: Literal["forward_return", "excess_return", "alpha_score"] = Field(
        default="excess_return", description="forward_return, excess_return (beyond the market) or alpha_score"
    )
    horizon: int = Field(default=5, ge=1, le=252, description="sessions from fill to fill, and of holding")
    entry: Literal["next_open", "next_close"] = Field(
        default="next_open", description="where orders fill: or next_close"
    )
    above: float = Field(default=0.0, description="the probability is that of a label above this")
    delisting_return: float = Field(
        default=0.0, ge=-1, description="beyond the last close of a stock that stops trading"
    )


class Walk(Section):
    """`[walk_forward]`; all count sessions."""

    train: int = Field(default=504, ge=1, description="first training period, validation included")
    test: int = Field(default=126, ge=1, description="each test period")
    validation: int = Field(default=126, ge=1, description="the end of each training period, to stop and calibrate by")
    embargo: int = Field(default=5, ge=0, description="between the last label learned from and the first day judged")
    window: Literal["expanding", "rolling"] = Field(default="expanding", description="expanding or rolling")


class Model(Section):
    """`[model]`: a name of `dlcore.models`, and settings of that model under their own names."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(
        default="GradientBoosting", description="a forecaster of dlcore.models; its settings stand below it"
    )
    length: int = Field(default=1, ge=1, description="sessions in a window")

    @model_validator(mode="before")
    @classmethod
    def _boosted_trees_say_probabilities(cls, table: Any) -> Any:
        if isinstance(table, Mapping) and table.get("name", "GradientBoosting") == "GradientBoosting":
            return {"task": "classification", **table}
        return table

    @model_validator(mode="after")
    def _buildable(self) -> "Model":
        from dlcore.production.model_settings import check_settings

        check_settings(self.name, self.settings)
        return self

    @property
    def settings(self) -> dict[str, Any]:
        """What is handed to the model."""
        return dict(self.__pydantic_extra__ or {})


class Portfolio(Section):
    """`[portfolio]`."""

    top: int = Field(default=50, ge=1, description="names bought each day")
    bottom: int = Field(default=50, ge=0, description="names sold short each day; 0 for a book without shorts")
    threshold: float | None = Field(
        default=None, ge=0.5, lt=1, description="buy only at this probability or above, sell only at 1 - this or below"
    )
    cost_bps: float = Field(default=5.0, ge=0, description="of the traded value, per side")
    half_spread_bps: float = Field(default=0.0, ge=0, description="half of the quoted spread, in basis points")
    impact: float = Field(default=0.0, ge=0, description="factor of the square-root law; 1 is usual, 0 switches it off")
    capital: float = Field(default=1e6, gt=0, description="net asset value at the start, in currency")
    gross: float | None = Field(default=None, gt=0, description="largest sum of absolute weights")
    net: float | None = Field(default=None, ge=0, description="largest absolute sum of weights")
    largest: float | None = Field(default=None, gt=0, description="largest absolute weight of one name")
    sector: float | None = Field(default=None, gt=0, description="largest sum of absolute weights in one sector")
    participation: float | None = Field(
        default=None, gt=0, description="largest position over a day's mean traded value"
    )
    stop_atr: float = Field(default=2.0, gt=0, description="the stop's distance from the close in average true ranges")
    target_atr: float = Field(default=3.0, gt=0, description="the price target's")
    coverage: float = Field(
        default=0.9, gt=0, lt=1, description="chance that the close in `horizon` sessions is in its range"
    )


class Run(Section):
    """`[run]`."""

    folder: str = Field(default="runs/signals", min_length=1, description="where everything is kept")


def _boosted() -> Model:
    return Model.model_validate({"trials": 0, "rounds": 300, "seed": 0})


class Config(Section):
    """All of a run."""

    data: Data = Field(default_factory=Data)
    universe: Universe = Field(default_factory=Universe)
    features: Features = Field(default_factory=Features)
    label: Label = Field(default_factory=Label)
    walk_forward: Walk = Field(default_factory=Walk)
    model: Model = Field(default_factory=_boosted)
    portfolio: Portfolio = Field(default_factory=Portfolio)
    run: Run = Field(default_factory=Run)
