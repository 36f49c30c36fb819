"""No test speaks to anyone but this machine."""

import matplotlib as mpl

from challenges.course import guard

pytest_plugins = ("yahoo_server",)

guard.install()
mpl.use("Agg")
