"""The API as a page to read: made from the description, with nothing fetched from anywhere."""

from __future__ import annotations

from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;max-width:72rem;"
    "margin:2rem auto;padding:0 1rem;color:#111;background:#fff}h1{font-size:1.6rem}h2{margin-top:2.5rem}"
    "code,pre{font:14px/1.5 ui-monospace,monospace}pre{background:#eceef1;padding:1rem;overflow:auto}"
    "summary{cursor:pointer;padding:.4rem 0}summary b{display:inline-block;min-width:4.5rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #9aa4b2;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top}a{color:#1746a2}"
)


def docs_page(document: dict[str, Any], style_nonce: str) -> str:
    """One self-contained page; every operation and every schema stands in it."""
    info = document["info"]
    parts = [
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(info['title'])} API</title>",
        f'<style nonce="{style_nonce}">{_STYLE}</style></head><body>',
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['description'])}</p>",
        '<p><a href="/api/openapi.json">openapi.json</a></p>',
    ]
    for tag, operations in _by_tag(document).items():
        parts.append(f"<h2>{escape(tag)}</h2>")
        parts += [_operation(method, path, operation) for method, path, operation in operations]
    parts.append("<h2>Schemas</h2>")
    parts += [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "".join([*parts, "</body></html>"])


def _by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    tags: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return tags


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = [_parameter(parameter) for parameter in operation["parameters"]]
    body = operation.get("requestBody", {}).get("content", {})
    rows += [f"<tr><td>body</td><td>{escape(kind)}</td><td>{_kind(c['schema'])}</td></tr>" for kind, c in body.items()]
    answers = [
        f"<li><code>{status}</code> {escape(answer['description'])} {_answer(answer)}</li>"
        for status, answer in operation["responses"].items()
    ]
    table = f"<table>{''.join(rows)}</table>" if rows else ""
    return (
        f"<details><summary><b>{method}</b> <code>{escape(path)}</code> {escape(operation['summary'])}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p>{table}<ul>{''.join(answers)}</ul></details>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    name, place = escape(parameter["name"]), escape(parameter["in"])
    return f"<tr><td>{place}</td><td><code>{name}</code></td><td>{_kind(parameter['schema'])}</td></tr>"


def _answer(answer: dict[str, Any]) -> str:
    return " ".join(_kind(content["schema"]) for content in answer.get("content", {}).values())


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    words = [str(schema.get("type", "any")), *(str(schema[key]) for key in ("format", "pattern") if key in schema)]
    return f"<code>{escape(' '.join(words))}</code>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    needed = set(schema.get("required", ()))
    rows = [
        f"<tr><td><code>{escape(field)}</code>{'' if field in needed else ' ?'}</td><td>{_kind(kind)}</td></tr>"
        for field, kind in schema.get("properties", {}).items()
    ]
    words = " · ".join(escape(str(word)) for word in schema.get("enum", ()))
    text = f"<p>{escape(schema['description'])}</p>" if "description" in schema else ""
    return f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>{text}<p>{words}</p><table>{"".join(rows)}</table>'
