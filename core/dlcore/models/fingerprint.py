"""Which fit this is: a short name that follows from the model, its scales, and every sample it learns from.

In come an unfitted Forecaster and its Windows; out come sixteen digits, the same when the same fit is begun again and
others when anything of it has changed.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from dlcore.models.forecaster import Forecaster
    from dlcore.windows import Windows


def fingerprint(model: "Forecaster", state: Mapping[str, np.ndarray], *parts: "Windows") -> str:
    """Sixteen hexadecimal digits of a model's kind and settings, its scales, and the samples of each part."""
    about = {"model": type(model).__name__, "settings": model.settings(), "length": parts[0].length}
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    arrays = dict(state)
    for number, windows in enumerate(parts):
        taught = {
            "samples": windows.samples,
            "rows": windows.last_rows(),
            "targets": windows.targets,
            **windows.further,
        }
        arrays |= {f"{number}/{name}": _on_cpu(values) for name, values in taught.items()}
    for name in sorted(arrays):
        digest.update(name.encode() + str(arrays[name].shape).encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:16]


def _on_cpu(values: Any) -> np.ndarray:
    return values.cpu().numpy() if hasattr(values, "cpu") else np.asarray(values)
