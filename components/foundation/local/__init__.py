"""A foundation on a cluster that is already there."""

from components.foundation.local.foundation import Foundation, FoundationInputs
from components.foundation.local.spec import FoundationSpec

__all__ = ["Foundation", "FoundationInputs", "FoundationSpec"]
