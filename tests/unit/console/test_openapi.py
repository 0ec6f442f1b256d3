"""The description and the application are made from one table."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from console.app import ROUTES
from console.docs import docs_page
from console.openapi import describe
from console.rights import Role
from console.routes import Route

DOCUMENT = describe(ROUTES, version="1.2.3")


def test_the_description_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_route_stands_in_the_description() -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(route.method, f"/api/v1{route.path}") for route in ROUTES}


def test_no_two_operations_share_a_name() -> None:
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere() -> None:
    wanted = set(re.findall(r"#/components/schemas/([\w.-]+)", str(DOCUMENT)))
    assert wanted <= set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_every_route_says_in_both_languages_what_it_does_and_for_whom(route: Route) -> None:
    assert route.zh and route.en
    roles = route.roles
    assert roles is None or roles <= frozenset(Role)


def test_the_page_names_every_route_and_fetches_nothing() -> None:
    page = docs_page(DOCUMENT, "nonce")
    assert all(f"/api/v1{route.path}" in page for route in ROUTES)
    assert not re.search(r"<(script|link|img|iframe)|https?://|url\(", page)
