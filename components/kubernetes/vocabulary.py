"""The types that specs are written in: each one is a text or number with its own check, pattern and example."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from components.kubernetes import validators

DnsLabel = Annotated[str, AfterValidator(validators.dns_label), Field(max_length=63, examples=["examples"])]
TeamName = Annotated[str, AfterValidator(validators.team_name), Field(max_length=30, examples=["search"])]
ModelServiceName = Annotated[
    str, AfterValidator(validators.model_service_name), Field(max_length=24, examples=["keywords"])
]
ObjectName = Annotated[str, AfterValidator(validators.object_name), Field(max_length=253, examples=["standard"])]
Hostname = Annotated[str, AfterValidator(validators.hostname), Field(max_length=253, examples=["ml.example.com"])]
Size = Annotated[str, AfterValidator(validators.size), Field(max_length=32, examples=["5Gi"])]
Cpu = Annotated[str, AfterValidator(validators.cpu), Field(max_length=32, examples=["250m"])]
Cidr = Annotated[str, AfterValidator(validators.cidr), Field(max_length=64, examples=["100.64.0.0/24"])]
RegistryHost = Annotated[str, AfterValidator(validators.registry), Field(max_length=253, examples=["100.64.0.1:5000"])]
KubeContext = Annotated[str, AfterValidator(validators.context), Field(max_length=253, examples=["mlplatform"])]
ReleaseName = Annotated[str, AfterValidator(validators.release), Field(max_length=63, examples=["local"])]
Duration = Annotated[str, AfterValidator(validators.duration), Field(max_length=6, examples=["15d"])]
ImageReference = Annotated[
    str, AfterValidator(validators.image), Field(max_length=512, examples=["registry.example.com/tool@sha256:..."])
]
WebhookUrl = Annotated[
    str, AfterValidator(validators.webhook), Field(max_length=2048, examples=["https://hooks.example.com/alerts"])
]
Port = Annotated[int, Field(strict=True, ge=1, le=65535, examples=[8080])]
Rotation = Annotated[int, Field(strict=True, ge=1, le=100_000, examples=[1])]
Replicas = Annotated[int, Field(strict=True, ge=1, le=20, examples=[1])]
Pods = Annotated[int, Field(strict=True, ge=2, le=1000, examples=[40])]
Parallelism = Annotated[int, Field(strict=True, ge=1, le=100, examples=[8])]
Flag = Annotated[bool, Field(strict=True, examples=[False])]
