"""The hub: who may have a notebook comes from the specs of platform and teams, and it runs in the team's namespace."""
