"""The description of the API, made from the same table that registers it and the same types that check and answer."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Literal

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from console.problems import MEDIA_TYPE, ProblemDetails
from console.routes import Match, Route
from console.signin import COOKIE

_REF: Final = "#/components/schemas/{name}"
_PYDANTIC_REF: Final = "#/components/schemas/{model}"


def describe(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes."""
    replies, schemas = _reply_schemas(routes)
    schemas |= _model_schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(f"/api/v1{route.path}", {})[route.method.lower()] = _operation(route, replies, schemas)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "守望 Shouwang",
            "version": version,
            "description": "Ids are strings of digits; times are RFC 3339; errors are problem details (RFC 9457).",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
        "security": [{"cookie": []}, {"token": []}],
    }


_SECURITY: Final = {
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "token": {"type": "http", "scheme": "bearer"},
    "broker": {"type": "http", "scheme": "bearer", "description": "SHOUWANG_BROKER_TOKEN"},
    "broker_query": {"type": "apiKey", "in": "query", "name": "token", "description": "SHOUWANG_BROKER_TOKEN"},
}


def _reply_schemas(routes: Sequence[Route]) -> tuple[dict[str, Any], dict[str, Any]]:
    """For each route the schema of its reply, and the schemas those refer to."""
    kinds = [route.reply for route in routes if route.reply is not None]
    found, components = msgspec.json.schema_components([ProblemDetails, *kinds], ref_template=_REF)
    named = [route.operation_id for route in routes if route.reply is not None]
    # Names such as Page_Item_ are made by msgspec from generic types; a component's name may not hold brackets.
    return dict(zip(named, list(found)[1:], strict=True)), dict(components)


def _model_schemas(routes: Sequence[Route]) -> dict[str, Any]:
    named = [model for route in routes for model in (route.body, route.query) if model is not None]
    models: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in set(named)]
    _, document = models_json_schema(models, ref_template=_PYDANTIC_REF)
    schemas: dict[str, Any] = document.get("$defs", {})
    return schemas


def _operation(route: Route, replies: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "summary": route.en,
        "description": _description(route),
        "tags": [route.path.split("/")[1]],
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas), *_match(route)],
        "responses": _responses(route, replies),
    }
    if route.for_brokers:
        operation["security"] = [{"broker": []}, {"broker_query": []}] if route.is_form else [{"broker": []}]
    elif route.roles is None:
        operation["security"] = []
    else:
        operation["x-roles"] = sorted(route.roles)
    body = _request_body(route)
    if body is not None:
        operation["requestBody"] = body
    return operation


def _description(route: Route) -> str:
    if route.for_brokers:
        return f"{route.zh}。For: a broker that knows SHOUWANG_BROKER_TOKEN."
    who = "anybody" if route.roles is None else ", ".join(sorted(route.roles))
    return f"{route.zh}。For: {who}."


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _pattern(route, name)}}
        for name in route.parameters
    ]


def _pattern(route: Route, name: str) -> str:
    return "^[a-z][a-z0-9_-]{0,31}$" if name in route.names else "^[0-9]{1,18}$"


def _query_parameters(route: Route, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    model = schemas[route.query.__name__]
    return [
        {"name": name, "in": "query", "schema": schema, "style": "form", "explode": False}
        for name, schema in model["properties"].items()
    ]


def _match(route: Route) -> list[dict[str, Any]]:
    if route.match is Match.NONE:
        return []
    text = "The version you have seen, as its ETag says."
    needed = route.match is Match.MUST
    return [{"name": "If-Match", "in": "header", "required": needed, "description": text, "schema": {"type": "string"}}]


def _request_body(route: Route) -> dict[str, Any] | None:
    if route.text_type is not None:
        return {"required": True, "content": {route.text_type: {"schema": {"type": "string"}}}}
    if route.body is None:
        return None
    needed = any(field.is_required() for field in route.body.model_fields.values())
    schema = {"$ref": _REF.format(name=route.body.__name__)}
    media_type = "application/x-www-form-urlencoded" if route.is_form else "application/json"
    return {"required": needed, "content": {media_type: {"schema": schema}}}


def _responses(route: Route, replies: dict[str, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    if route.reply is not None:
        good["content"] = {
            "text/plain" if route.is_form else "application/json": {"schema": replies[route.operation_id]}
        }
    if route.media_type is not None:
        good["content"] = {route.media_type: {"schema": {"type": "string"}}}
    responses = {str(route.status): good}
    for status in sorted({*route.refusals, *_usual_refusals(route)}):
        problem = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="ProblemDetails")}}}
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    return responses


def _usual_refusals(route: Route) -> set[int]:
    usual = set()
    if route.for_brokers:
        usual |= {401, 429}
    if route.roles is not None:
        usual |= {401, 403}
    if route.parameters:
        usual.add(404)
    if route.body is not None or route.query is not None:
        usual |= {400, 422}
    if route.body is not None or route.text_type is not None:
        usual.add(413)
    if route.match is not Match.NONE:
        usual.add(412)
    if route.match is Match.MUST:
        usual.add(428)
    return usual
