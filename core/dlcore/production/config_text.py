"""A Config as text: read from TOML and options, refused in one line, printed so that it explains itself.

In comes a TOML file with what is to be different from it, out comes a Config, or a ValueError that names the key, its
value and the remedy. `settings_text` prints every key with its meaning, and that text is the same Config again.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dlcore.production.config import Config


def make_config(tables: Mapping[str, Any]) -> Config:
    """Check tables of plain values.

    Parameters
    ----------
    tables : mapping
        As `tomllib` reads them; what is absent has its default.

    Returns
    -------
    Config
        Frozen.

    Raises
    ------
    ValueError
        One line about the first key that is wrong, with its table.
    """
    try:
        return Config.model_validate(tables)
    except ValidationError as error:
        raise ValueError(_refusal(error)) from None


def read_config(path: str | Path, overrides: Sequence[str] = (), replaced: Mapping[str, Any] | None = None) -> Config:
    """Read a TOML file and what is to be different from it.

    Parameters
    ----------
    path : str or Path
        A file as `settings_text` writes it; any key may be left out.
    overrides : sequence of str
        ``"table.key=value"``, the value in TOML; what is no TOML is text.
    replaced : mapping of "table.key" to value, optional
        The same, of values that are no text; None changes nothing. ``model.name`` takes the file's model settings away,
        as they are another model's.

    Returns
    -------
    Config

    Raises
    ------
    ValueError, FileNotFoundError
        As `make_config`; for a file that is not there or no TOML, and an override that is none.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: dlcore config init > {path.name} writes one")
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no TOML: {error}") from None
    return make_config(override(tables, overrides, replaced or {}))


def override(tables: Mapping[str, Any], overrides: Sequence[str], replaced: Mapping[str, Any]) -> dict[str, Any]:
    """Tables with some keys changed; parameters as `read_config`."""
    changed: dict[str, Any] = {name: dict(t) if isinstance(t, Mapping) else t for name, t in tables.items()}
    pairs = [(key, value) for key, value in replaced.items() if value is not None]
    for key, value in pairs + [_parsed(text) for text in overrides]:
        table, _, name = key.partition(".")
        if not isinstance(changed.setdefault(table, {}), dict):
            raise ValueError(f"{table}={changed[table]!r} is not allowed: give a table [{table}]")
        if key == "model.name" and changed["model"].get("name") != value:
            changed["model"] = {k: v for k, v in changed["model"].items() if k == "length"}
        changed[table][name] = value
    return changed


def settings_text(config: Config) -> str:
    """The config as TOML with the meaning of each key; keys without a value are comments."""
    parts = (_section_text(name, getattr(config, name)) for name in type(config).model_fields)
    return "\n".join(parts)


def _parsed(text: str) -> tuple[str, Any]:
    key, sign, value = (part.strip() for part in text.partition("="))
    if not sign or key.count(".") != 1 or not all(part.isidentifier() for part in key.split(".")):
        raise ValueError(f"{text!r} is not allowed: give table.key=value, such as model.trials=20")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


def _refusal(error: ValidationError) -> str:
    """The first mistake as one line: key, value, remedy."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][:2])
    if first["type"] == "extra_forbidden":
        section = Config.model_fields.get(str(first["loc"][0])) if len(first["loc"]) > 1 else None
        kind: Any = section.annotation if section else Config
        return f"{place} is not a key: give one of {', '.join(kind.model_fields)}"
    if first["type"] == "value_error":
        return f"{place}{first['ctx']['error']}"  # pyright: ignore[reportTypedDictNotRequiredAccess] -- these have it
    told = first["msg"][:1].lower() + first["msg"][1:]
    return f"{place}={first['input']!r} is not allowed: {told}"


def _section_text(name: str, section: BaseModel) -> str:
    """One table; a key whose value is None is a comment, a key of the model has no description."""
    lines = [f"[{name}]"]
    for key, field in type(section).model_fields.items():
        value = getattr(section, key)
        setting = f"# {key} = …" if value is None else f"{key} = {_toml_value(value)}"
        lines.append(f"{setting}  # {field.description}")
    lines += [f"{key} = {_toml_value(value)}" for key, value in (section.model_extra or {}).items()]
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    """Text, numbers, booleans and lists of them, as TOML writes them."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml_value, value))}]"
    # JSON's strings and numbers are TOML's too, but for the one control character that JSON leaves as it is
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")
