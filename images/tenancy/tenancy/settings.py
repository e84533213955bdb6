"""Where the tools and their admins' Secrets are: plain environment (components/platform/tenancy_pod.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A Secret with a user name and a password, as `namespace/name:user key:password key`."""

    namespace: str
    name: str
    user_key: str
    password_key: str

    @classmethod
    def parse(cls, text: str) -> Place:
        """From its text."""
        where, user_key, password_key = text.split(":")
        namespace, name = where.split("/")
        return cls(namespace, name, user_key, password_key)


@dataclass(frozen=True)
class Settings:
    """The controller's environment."""

    group: str
    """API group of Tenants: two platforms on one cluster have two."""
    database_host: str
    database_port: int
    database_tls: bool
    database_admin: Place
    object_store_endpoint: str
    object_store_region: str
    object_store_admin: Place
    tracking_uri: str
    tracking_admin: Place
    repositories_uri: str
    repositories_admin: Place
    features_uri: str
    features_admin: Place

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """From the environment; what is missing is a `KeyError` that names it."""
        return cls(
            group=environment["GROUP"],
            database_host=environment["DATABASE_HOST"],
            database_port=int(environment["DATABASE_PORT"]),
            database_tls=environment["DATABASE_TLS"] == "true",
            database_admin=Place.parse(environment["DATABASE_ADMIN"]),
            object_store_endpoint=environment["OBJECT_STORE_ENDPOINT"],
            object_store_region=environment["OBJECT_STORE_REGION"],
            object_store_admin=Place.parse(environment["OBJECT_STORE_ADMIN"]),
            tracking_uri=environment["TRACKING_URI"],
            tracking_admin=Place.parse(environment["TRACKING_ADMIN"]),
            repositories_uri=environment["REPOSITORIES_URI"],
            repositories_admin=Place.parse(environment["REPOSITORIES_ADMIN"]),
            features_uri=environment["FEATURES_URI"],
            features_admin=Place.parse(environment["FEATURES_ADMIN"]),
        )
