"""What markets there are, without loading them: figures of the built-in ones, manifests of the stored ones.

In comes nothing, out come rows for a list. The figures are written down here; a test compares them with the data.
"""

from typing import Any, NamedTuple


class Entry(NamedTuple):
    """Figures of a built-in market, and the package that holds its file."""

    assets: int
    sessions: int
    fields: str
    licence: str
    package: str | None = None


BARS = "open high low close volume"
BUILT_IN = {
    "us-large-20": Entry(20, 8313, "close benchmark", "BSD-3-Clause", "skfolio"),
    "us-tech-5": Entry(5, 3270, f"{BARS} adjustment", "public domain", "bokeh_sampledata"),
    "indices": Entry(3, 5033, BARS, "NCSA", "arch"),
    "simulated-sp500": Entry(503, 1007, f"{BARS} true_signal benchmark regime", "MIT"),
    "simulated-cross-asset": Entry(6, 1007, f"{BARS} lead_active regime", "MIT"),
}


def list_built_in() -> list[dict[str, Any]]:
    """Rows of the built-in markets.

    Returns
    -------
    list of dict
        `name`, `what`, `assets`, `sessions`, `fields`, `licence`; where the package that holds the file is missing,
        `what` says so and the others are None.
    """
    from dlcore.markets import bundled
    from dlcore.markets.built_in import SOURCES

    rows = []
    for name, entry in BUILT_IN.items():
        known = {"assets": entry.assets, "sessions": entry.sessions, "fields": entry.fields, "licence": entry.licence}
        if entry.package and bundled.find_spec(entry.package) is None:
            rows.append({"name": name, "what": bundled.not_installed(entry.package), **dict.fromkeys(known)})
        else:
            rows.append({"name": name, "what": SOURCES[name].what, **known})
    return rows


def list_stored() -> list[dict[str, Any]]:
    """Rows of the stores.

    Returns
    -------
    list of dict
        As `list_built_in`, from the manifests; `sessions` is None, as no manifest counts them, and `what` says from
        where and until when.

    Raises
    ------
    ValueError
        For a manifest that cannot be read.
    """
    from dlcore.markets.store.manifest import read_manifest
    from dlcore.markets.store.places import store_folder, store_names

    rows = []
    for name in store_names():
        manifest = read_manifest(store_folder(name))
        last = max((held.last for held in manifest.symbols.values()), default="never")
        what = f"{manifest.rows} rows from {manifest.attrs['source']} to {last}"
        what += f", {manifest.quarantined} in quarantine" if manifest.quarantined else ""
        row = {"assets": len(manifest.symbols), "sessions": None, "fields": " ".join(manifest.columns)}
        rows.append({"name": name, "what": what, **row, "licence": manifest.attrs["licence"]})
    return rows
