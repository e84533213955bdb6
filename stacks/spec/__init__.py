"""What can be written in `stacks/<stack>.yaml`, and how it is read."""

from components.foundation.local.spec import FoundationSpec
from components.platform.spec import PlatformSpec
from components.team.spec import TeamSpec
from stacks.spec.loader import load

__all__ = ["FoundationSpec", "PlatformSpec", "TeamSpec", "load"]
