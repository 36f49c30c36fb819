"""What the steps of a run share: config, folder, and the market they stand on, loaded when first needed.

In comes a Config, out comes a Work, with fingerprints that say whether what a step was done with is still the same.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dlcore.production import inputs
from dlcore.production.config import Config
from dlcore.production.config_text import settings_text
from dlcore.production.run_folder import FORMAT, RunFolder, fingerprint

if TYPE_CHECKING:
    import xarray as xr


class Work:
    """A config, the folder of its run, and what both stand on, loaded when first needed.

    Parameters
    ----------
    config : Config
        What is wanted.
    panel : Dataset (date, asset), optional
        A Panel to work on in place of the config's market.

    Raises
    ------
    ValueError
        As `RunFolder`.
    """

    def __init__(self, config: Config, panel: "xr.Dataset | None" = None) -> None:
        self.config, self.folder, self._given = config, RunFolder(config.run.folder), panel
        self.folder.keep_config(settings_text(config))

    @cached_property
    def panel(self) -> "xr.Dataset":
        """The market, to its newest close; checked."""
        from dlcore.markets.panel import check_panel

        return inputs.open_panel(self.config) if self._given is None else check_panel(self._given)

    @cached_property
    def universe(self) -> "xr.DataArray":
        """Who may be counted by date."""
        return inputs.make_universe(self.panel, self.config)

    @cached_property
    def labels(self) -> "xr.Dataset":
        """What is forecast."""
        return inputs.make_labels(self.panel, self.config, self.universe)

    @cached_property
    def ground(self) -> str:
        """Fingerprint of panel, universe and version."""
        from dlcore import __version__

        universe = np.packbits(self.universe.to_numpy()).tobytes().hex()
        return fingerprint(FORMAT, __version__, inputs.panel_fingerprint(self.panel), universe)

    @property
    def built_from(self) -> str:
        """Fingerprint of all that the features depend on."""
        return fingerprint("build", self.ground, inputs.feature_names(self.config))

    @property
    def taught_by(self) -> str:
        """Fingerprint of the settings, not the prices, that a model depends on."""
        config = self.config
        parts = (config.universe, config.features, config.label, config.walk_forward, config.model)
        return fingerprint("teach", [part.model_dump(mode="json") for part in parts])
