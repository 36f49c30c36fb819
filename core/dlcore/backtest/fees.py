"""The one fee function of both engines, and what "nothing to trade" means to both; compiled."""

from numba import njit

DUST = 1e-12  # orders below this share of the base are rounding, not wishes: no engine sends them


@njit(cache=True, nogil=True, inline="always")
def fee(value, price, terms, drag):
    """Cost in currency of trading `value` at `price`; `terms` as `Costs.terms`, `drag` = σ/√ADV if there is impact."""
    rate, per_share, impact = terms
    cost = abs(value) * rate
    if per_share > 0 or impact > 0:
        shares = abs(value) / price
        cost += shares * per_share
        if impact > 0:
            cost += abs(value) * impact * drag * shares**0.5
    return cost
