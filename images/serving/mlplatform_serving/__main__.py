"""`python -m mlplatform_serving`: serve what is packed."""

import sys

from .server import main

sys.exit(main())
