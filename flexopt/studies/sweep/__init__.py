"""Many scenarios in one go: usage read once, plans made side by side, a table over all.

sweep.py     from the scenarios to their results: what is there already, what is to be done, the table
jobs.py      one scenario to plan, where its results go, and how it is planned
results.py   a row of the table, the record of a result, and their files
readings.py  usage, read once for all scenarios that agree in it
local.py     processes of this computer; worker.py is what runs in them
cluster.py   a Dask cluster
"""

from flexopt.studies.sweep.run import Sweep, sweep

__all__ = ["Sweep", "sweep"]
