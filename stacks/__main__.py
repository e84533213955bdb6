"""The program of every stack: read its spec, build it, export what others need."""

import pulumi

from stacks.build import STACKS, build
from stacks.spec import load

spec = load(STACKS / f"{pulumi.get_stack()}.yaml")
for name, value in build(spec, pulumi.Config("mlplatform")).items():
    pulumi.export(name, value)
