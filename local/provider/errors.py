"""What can go wrong, in the words that reach the person who ran `pulumi`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ProviderError(Exception):
    """An operation failed; its text is shown as it is."""


class UnreachableError(ProviderError):
    """No kubeconfig, or no API server answers."""


class NoSuchKindError(ProviderError):
    """The API server doesn't know the group, version or kind (yet)."""

    def __init__(self, api_version: str, kind: str) -> None:
        super().__init__(
            f"the API server knows no {api_version}/{kind}. "
            "If it comes from a CustomResourceDefinition, create that first (depends_on)"
        )


class ApiError(ProviderError):
    """The API server refused a request.

    Args:
        code: HTTP status.
        status: The `Status` object that came with it, if any.
        text: What to say when there is none.
    """

    def __init__(self, code: int, status: dict[str, Any], text: str = "") -> None:
        self.code = code
        self.reason = str(status.get("reason") or "")
        details = status.get("details")
        self.details: dict[str, Any] = details if isinstance(details, dict) else {}
        super().__init__(str(status.get("message") or text or f"HTTP {code}"))

    @property
    def causes(self) -> list[dict[str, Any]]:
        """The fields at fault: `reason`, `message` and `field` of each."""
        return [cause for cause in self.details.get("causes") or [] if isinstance(cause, dict)]

    @property
    def not_found(self) -> bool:
        """The object, or the path to it, isn't there."""
        return self.code == 404

    @property
    def passing(self) -> bool:
        """The server is busy or restarting: asking again later helps."""
        return self.code == 429 or self.code >= 500

    @property
    def immutable_fields(self) -> list[str]:
        """Fields that the API server refuses to change on an existing object; empty if it had other reasons too."""
        words = ("immutable", "may not be changed", "may not change", "updates to", "cannot be changed")
        causes = self.causes if self.code == 422 else []
        if causes and all(any(word in str(cause.get("message")).lower() for word in words) for cause in causes):
            return [str(cause.get("field") or "") for cause in causes]
        return []


class NotReadyError(ProviderError):
    """The object exists but didn't become ready.

    Args:
        live: Its last known state.
        reasons: What was missing, in the order of importance.
    """

    def __init__(self, live: dict[str, Any], reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.live = live
        self.reasons = list(reasons)


class CancelledError(ProviderError):
    """The engine asked to stop."""

    def __init__(self) -> None:
        super().__init__("the operation was cancelled")


def conflict(error: ApiError, manager: str) -> ProviderError:
    """A field-manager conflict, told with who owns what and what to do."""
    lines = [
        f"  {cause.get('field') or '(field unknown)'}: {cause.get('message')}"
        for cause in error.causes
        if cause.get("reason") == "FieldManagerConflict"
    ]
    if not lines:
        return error
    return ProviderError(
        "\n".join(
            [
                f"Server-Side Apply field conflict: {manager!r} would overwrite what other field managers own:",
                *lines,
                "  fix: leave these fields out of the program, or take them over with the annotation "
                'pulumi.com/patchForce: "true", or set pulumi.com/patchFieldManager to the manager named above',
            ]
        )
    )
