"""Every threshold of the checks by name, each with its reason."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class QualitySettings:
    """Thresholds; sizes of moves are log returns, after the day's market move where the panel is wide enough.

    Attributes
    ----------
    rounding : float
        Relative slack of bar order: adjusted prices with four digits may cross by this much.
    stale_sessions : int
        Equal closes in a row; in a liquid stock two or three happen by the tick, five hardly.
    market_assets : int
        From this many trades a day on, the cross-sectional median counts as the market's move.
    thin_assets, thin_share : int, float
        A date on which a smaller share of the living assets trades is a holiday of most, not a gap of each; with one
        or two assets there is no "most".
    scale_window, scale_known : int
        Returns on each side of a move that measure the local scale, and how many of them a side needs to count.
    scale_floor : float
        No daily scale below this: an asset that hardly moves must not make every tick a jump.
    jump_scales : float
        How many local scales make a jump; news reaches 8 several times in five years of one stock.
    revert_floor, gap_floor, tick_floor : float
        Smallest reverting move, persisting gap and intrabar excursion worth a finding. Earnings move a large stock by
        .1 to .2: gaps below .25 would list those.
    revert_sessions : int
        A split applied some days late is put right within this many sessions. Pairs more than one session apart count
        from `revert_sure` on only: the smaller ones were two pieces of news.
    revert_net : float
        Largest net move of a reverting pair, as a share of its smaller half: a correction goes all the way back.
    revert_sure, split_sure, tick_sure : float
        From these sizes on a finding is an error, below a warning. 1.28 times and back in a few sessions is bookkeeping
        in a large stock. Of the moves near 3:2 in five years of 505 stocks three of four were news, of those near 2:1
        none. On 24 August 2015 large stocks really traded at .55 of their price for minutes, none at half of it.
    split_tolerance : float
        Distance from the logarithm of a split's ratio; the day's own move blurs it.
    split_ratios : tuple of float
        Old shares for new. 4:3 and 5:4 are left out: .29 and .22 are sizes of ordinary bad news.
    split_overnight : float
        Share of a split's move that the open shows: a split happens between sessions, a crash also within one.
    lasting_share : float
        Share of a jump that the median of the first five closes keeps, where it lasts.
    reuse_sessions : int
        Sessions without a trade after which a symbol may belong to someone else.
    reuse_floor : float
        Log ratio of the levels around such a gap: 1.65 times.
    """

    rounding: float = 1e-4
    stale_sessions: int = 5
    market_assets: int = 10
    thin_assets: int = 3
    thin_share: float = 0.5
    scale_window: int = 60
    scale_known: int = 20
    scale_floor: float = 0.002
    jump_scales: float = 8.0
    revert_floor: float = 0.05
    gap_floor: float = 0.25
    tick_floor: float = 0.1
    revert_sessions: int = 5
    revert_net: float = 0.25
    revert_sure: float = 0.25
    split_sure: float = 0.6
    tick_sure: float = 0.7
    split_tolerance: float = 0.025
    split_ratios: tuple[float, ...] = (3 / 2, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20)
    split_overnight: float = 0.7
    lasting_share: float = 0.5
    reuse_sessions: int = 20
    reuse_floor: float = 0.5

    def __post_init__(self) -> None:
        """Refuse thresholds that switch a check on for everything."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not (min(value, default=0) > 1 if isinstance(value, tuple) else value > 0):
                raise ValueError(f"{field.name}={value} is not allowed: give positive numbers, ratios above 1")
