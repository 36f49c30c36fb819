"""qlib's TSDataSampler over (instrument, datetime), asked for a batch of sample numbers."""

import pandas as pd
from qlib.data.dataset import TSDataSampler
from turns import take_turns


def prepare(given):
    cube = given["cube"]  # (assets, dates, features)
    assets, dates, features = cube.shape
    days = pd.bdate_range("2000-01-03", periods=dates, name="datetime")
    names = pd.Index([f"a{i:04d}" for i in range(assets)], name="instrument")
    index = pd.MultiIndex.from_product([days, names])
    table = pd.DataFrame(cube.transpose(1, 0, 2).reshape(-1, features), index)
    sampler = TSDataSampler(table, days[0], days[-1], int(given["length"]))
    places = (given["first"] // dates) * dates + given["first"] % dates + int(given["length"]) - 1
    batch = [int(place) for place in places]
    return lambda: sampler[batch], lambda kept: {"batch": kept}


take_turns(prepare, "pyqlib")
