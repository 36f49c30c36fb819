"""Models by name: which there are, what may be set, and one of them ready to learn.

In come a name of `dlcore.models` and settings from a config; out comes an unfitted Forecaster, or one line that names
the setting that it does not have.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.models import Forecaster
    from dlcore.production.config import Config

GIVEN = {"above": "label.above", "gap": "label.horizon"}  # known from the label: to be set there, and once
UNDESCRIBED = ("Ensemble", "Forecaster", "NeuralForecaster")


def model_names() -> list[str]:
    """Forecasters that a config can describe; an ensemble is made of models, not of settings. None is imported."""
    from dlcore import models

    return sorted(name for name in models.__all__ if name[0].isupper() and name not in UNDESCRIBED)


def check_settings(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse a model that there is not, and settings that it would not take.

    Parameters
    ----------
    name : str
        Of `model_names`.
    settings : mapping
        Plain values; lists stand for tuples.

    Raises
    ------
    ValueError
        The message begins with the place of the mistake, to be read after ``model``.
    """
    if name not in model_names():
        raise ValueError(f".name={name} is not allowed: give one of {', '.join(model_names())}")
    known = {field.name: field for field in fields(_kind(name)) if field.init}
    for key in settings:
        if key in GIVEN and key in known:
            raise ValueError(f".{key} is not allowed: it follows from {GIVEN[key]}, which is set there")
        if key not in known:
            allowed = ", ".join(["name", "length", *(k for k in known if k not in GIVEN)])
            raise ValueError(f".{key} is not a key of {name}: give one of {allowed}")
        _check_type(key, settings[key], known[key].default)
    for key, field in known.items():
        if field.default is MISSING and field.default_factory is MISSING and key not in settings:
            raise ValueError(f".{key} is missing: {name} needs it")
    try:
        _made(name, settings)
    except (ValueError, TypeError) as error:
        raise ValueError(f".{error}") from None


def make_model(config: "Config") -> "Forecaster":
    """An unfitted forecaster of this config, told what follows from its label."""
    names = {field.name for field in fields(_kind(config.model.name)) if field.init}
    given = {"above": config.label.above, "gap": config.label.horizon + 1}
    return _made(config.model.name, config.model.settings | {k: v for k, v in given.items() if k in names})


def _made(name: str, settings: Mapping[str, Any]) -> "Forecaster":
    return _kind(name)(**{k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()})


def _check_type(key: str, value: Any, default: Any) -> None:
    """A value is of the kind of its default; an integer may stand for a float."""
    if default is MISSING or default is None:
        return
    kinds = {float: (int, float), tuple: (list, tuple)}.get(type(default), (type(default),))
    if not isinstance(value, kinds) or (isinstance(value, bool) and not isinstance(default, bool)):
        raise ValueError(f".{key}={value!r} is not allowed: give a value such as {default!r}")


def _kind(name: str) -> Any:
    from dlcore import models

    return getattr(models, name)
