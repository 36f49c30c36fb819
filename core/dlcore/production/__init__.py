"""Every evening: from a config to signals, each step kept in a folder and done again only when its inputs changed.

In comes a Config (text, or `Config()` as it is), out come features, models, probabilities, figures, backtests and what
to hold tomorrow. `steps` are the five of them; `dlcore run` does all.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.production.config import Config as Config
    from dlcore.production.config_text import make_config as make_config
    from dlcore.production.config_text import read_config as read_config
    from dlcore.production.config_text import settings_text as settings_text
    from dlcore.production.run_folder import RunFolder as RunFolder
    from dlcore.production.signals import Signals as Signals
    from dlcore.production.steps import backtest as backtest
    from dlcore.production.steps import build as build
    from dlcore.production.steps import evaluate as evaluate
    from dlcore.production.steps import predict as predict
    from dlcore.production.steps import train as train
    from dlcore.production.work import Work as Work

_HOMES = {
    "Config": "config",
    "RunFolder": "run_folder",
    "Signals": "signals",
    "Work": "work",
    "backtest": "steps",
    "build": "steps",
    "evaluate": "steps",
    "make_config": "config_text",
    "predict": "steps",
    "read_config": "config_text",
    "settings_text": "config_text",
    "train": "steps",
}

__all__ = [  # pyright: ignore[reportUnsupportedDunderAll] -- resolved by __getattr__
    "Config",
    "RunFolder",
    "Signals",
    "Work",
    "backtest",
    "build",
    "evaluate",
    "make_config",
    "predict",
    "read_config",
    "settings_text",
    "train",
]

__getattr__ = on_demand(__name__, _HOMES)
