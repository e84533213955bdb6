"""What all specs are: frozen, strict about keys, each field described by the text under it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from components.kubernetes.vocabulary import Cpu, Size


class Spec(BaseModel):
    """Plain values that say what is wanted. Outputs and secrets have no place here."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Resources(Spec):
    """What one container may use."""

    cpu: Cpu
    """Processor that is kept free for it. There is no upper bound: what is idle may be used."""

    memory: Size
    """Memory that is kept free for it and that it can't exceed."""
