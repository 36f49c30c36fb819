"""All rows, in the order of the table: each is a function that takes a Panel and gives back a Row.

A new row is a new function here; what it is compared with may be a function too, or a script of `benchmarks/peers`.
"""

from benchmarks.rows import backtests, batches, features, imports, networks, scores

NEVER = ("events: zipline-reloaded can be imported only beside numpy below 2, and no other peer stands there",)
ROWS = (
    features.four_indicators,
    features.engineered,
    scores.rank_ic,
    backtests.tranches,
    backtests.variants,
    backtests.compiled_events,
    backtests.called_events,
    batches.windows,
    batches.stored,
    networks.layer_norm,
    networks.attention_auto,
    networks.attention_explicit,
    networks.encoder,
    imports.library,
    imports.command,
)
