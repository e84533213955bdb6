"""Python reads this at its start: a quarter of what Airflow's imports take is looking for garbage in vain."""

import gc

gc.set_threshold(50_000, 20, 100)
