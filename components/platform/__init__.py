"""What all teams share."""

from components.platform.platform import Platform, PlatformInputs
from components.platform.spec import PlatformSpec

__all__ = ["Platform", "PlatformInputs", "PlatformSpec"]
