"""What the data must look like before anything is trained on it. Pure checks: a frame in, violations out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from pandas.api import types

_KINDS: dict[str, Callable[[object], bool]] = {
    "integer": types.is_integer_dtype,
    "number": types.is_numeric_dtype,
    "text": types.is_string_dtype,
}
_ROWS_NAMED = 5


@dataclass(frozen=True)
class Column:
    """One column: its kind, the values it may hold (both bounds included) and whether it may be empty."""

    name: str
    kind: Literal["integer", "number", "text"]
    minimum: float | None = None
    maximum: float | None = None
    nullable: bool = False


@dataclass(frozen=True)
class Violation:
    """A broken rule and the rows that break it (index labels of the frame; none where a rule is about the whole)."""

    rule: str
    rows: tuple[object, ...] = ()

    def __str__(self) -> str:
        """The rule and the first of its rows."""
        if not self.rows:
            return self.rule
        more = ", ..." if len(self.rows) > _ROWS_NAMED else ""
        return f"{self.rule}: {len(self.rows)} rows ({', '.join(map(str, self.rows[:_ROWS_NAMED]))}{more})"


class ContractError(Exception):
    """The data breaks its contract; the text names each rule and rows."""


@dataclass(frozen=True)
class DataContract:
    """The columns that must be there, the key that must be unique, and how many rows and users are too few."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    minimal_rows: int

    def violations(self, frame: pd.DataFrame) -> list[Violation]:
        """Every broken rule, in the order of the contract."""
        found = [violation for column in self.columns for violation in _column_violations(column, frame)]
        if set(self.key) <= set(frame.columns):
            repeated = frame.index[frame.duplicated(list(self.key), keep=False)]
            if len(repeated):
                found.append(Violation(f"{' and '.join(self.key)} must be unique together", tuple(repeated)))
        if len(frame) < self.minimal_rows:
            found.append(Violation(f"at least {self.minimal_rows} rows are needed, there are {len(frame)}"))
        return found

    def enforce(self, frame: pd.DataFrame, what: str = "the data") -> None:
        """Stop at data that must not be trained on; `what` names it.

        Raises:
            ContractError: At least one rule is broken.
        """
        if found := self.violations(frame):
            raise ContractError(f"{what} breaks its contract:\n" + "\n".join(f"  - {each}" for each in found))


def _column_violations(column: Column, frame: pd.DataFrame) -> Iterator[Violation]:
    if column.name not in frame.columns:
        yield Violation(f"column {column.name} is missing")
        return
    values = frame[column.name]
    empty = values.isna()
    if not column.nullable and empty.any():
        yield Violation(f"{column.name} must not be empty", tuple(frame.index[empty]))
    if not _KINDS[column.kind](values.dtype):
        rule = f"{column.name} must be of kind {column.kind}, it is {values.dtype}"
        yield Violation(rule, tuple(frame.index[_of_another_kind(column, values)]))
        return
    if column.minimum is not None and (low := ~empty & (values < column.minimum)).any():
        yield Violation(f"{column.name} must be at least {column.minimum:g}", tuple(frame.index[low]))
    if column.maximum is not None and (high := ~empty & (values > column.maximum)).any():
        yield Violation(f"{column.name} must be at most {column.maximum:g}", tuple(frame.index[high]))


def _of_another_kind(column: Column, values: pd.Series) -> pd.Series:
    """Which values keep a column from being of its kind; none where it is the column as a whole."""
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = values.notna() & numbers.isna()
    if column.kind == "integer":
        wrong |= (numbers % 1 != 0) & numbers.notna()
    return wrong & (column.kind != "text")


RATINGS = DataContract(
    columns=(
        Column("userId", "integer", minimum=1),
        Column("movieId", "integer", minimum=1),
        Column("rating", "number", minimum=0.5, maximum=5),
        # MovieLens opened in 1995: an earlier second, or one in milliseconds, is an error of units.
        Column("timestamp", "integer", minimum=788_918_400, maximum=4_102_444_800),
    ),
    key=("userId", "movieId"),
    minimal_rows=50_000,
)
