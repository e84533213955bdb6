"""`python -m mlplatform_notebook job`: what runs beside a DAG's task."""

import sys

from . import job

if sys.argv[1:] != ["job"]:
    sys.exit("mlplatform_notebook: say `job`")
job.main()
