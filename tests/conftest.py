"""No test speaks to anyone but this machine."""

import matplotlib as mpl

from challenges.course import guard

guard.install()
mpl.use("Agg")
