"""What is one team's alone."""

from components.team.spec import TeamSpec
from components.team.team import Team, TeamInputs

__all__ = ["Team", "TeamInputs", "TeamSpec"]
