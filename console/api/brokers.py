"""Brokers that ask us who may sign in and what they may do: EMQX by JSON, RabbitMQ by forms.

The passwords are ours, 192 bits of chance, so that a plain digest keeps them: an answer is one row read and one digest,
and a wave of reconnecting devices needs no cache. Nobody is locked out for wrong passwords: guessing is hopeless, and a
lock would let a stranger silence somebody's button.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import wraps
from hmac import compare_digest
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, StringConstraints

from console.api.fields import NoNul
from console.metrics import broker_questions
from console.problems import Problem
from console.routes import Call, Reply, Route
from rules.domain.access import Deed, bridge_may, device_may
from store.credentials import Presented, presented
from store.passwords import digest_of

_Text = Annotated[str, StringConstraints(max_length=65_535), NoNul]

#: The exchange that RabbitMQ's MQTT plugin publishes to, unless told otherwise.
_EXCHANGE: Final = "amq.topic"
_QUEUES: Final = ("mqtt-subscription-{}qos0", "mqtt-subscription-{}qos1", "mqtt-will-{}")


class Verdict(StrEnum):
    """What a broker is told; `ignore` hands the question on to the broker's own list."""

    ALLOW = "allow"
    DENY = "deny"
    IGNORE = "ignore"


class _Question(BaseModel):
    """Brokers add fields of their own with each release."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    username: _Text = ""


class BrokerSignIn(_Question):
    """Who wants to sign in at the broker."""

    password: _Text = ""


class TopicQuestion(_Question):
    """What somebody wants to do with a topic at EMQX."""

    topic: _Text
    action: Deed


class VhostQuestion(_Question):
    """Which virtual host of RabbitMQ somebody wants to enter."""

    vhost: _Text = "/"


class ResourceQuestion(_Question):
    """An exchange or queue of RabbitMQ that somebody wants to use."""

    resource: _Text
    name: _Text
    permission: _Text


class RoutingQuestion(ResourceQuestion):
    """A topic of RabbitMQ, which writes dots where MQTT has slashes."""

    routing_key: _Text


class TokenQuery(BaseModel):
    """RabbitMQ sends no headers: the token stands in the address of its settings, which nothing of ours writes down."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: str | None = None


class EmqxAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What EMQX expects of an HTTP authenticator or authorizer."""

    result: Verdict
    is_superuser: bool = False


# -- what is answered ----------------------------------------------------------------------------------------------


def password_agrees(found: Presented | None, password: str) -> bool:
    """Whether this is the password of a credential that stands; takes as long where there is none."""
    kept = found.digest if found is not None and found.digest is not None else bytes(32)
    return compare_digest(digest_of(password), kept) and found is not None and found.digest is not None


def may(username: str, found: Presented | None, deed: Deed, topic: str) -> bool:
    """Whether the holder of this credential may publish on this topic or subscribe to this filter."""
    if found is None or found.digest is None:
        return False
    return device_may(username, deed, topic) if found.is_device else bridge_may(found.topics, topic)


def rabbit_topic(routing_key: str) -> str:
    """The MQTT topic of a routing key, as RabbitMQ's plugin turns one into the other."""
    return routing_key.replace(".", "/").replace("*", "+")


def rabbit_may(username: str, found: Presented | None, deed: Deed, routing_key: str) -> bool:
    """The same for RabbitMQ. A device's own id may hold dots, so its topics are compared as routing keys."""
    if found is None or found.digest is None:
        return False
    if not found.is_device:
        return bridge_may(found.topics, rabbit_topic(routing_key))
    channel = routing_key.rsplit(".", 1)[-1]
    topic = f"sw/v1/{username}/{channel}"
    return topic.replace("/", ".") == routing_key and device_may(username, deed, topic)


_Answer = Callable[[Call], Awaitable[Verdict]]


def _asked(kind: str, answer: _Answer) -> Callable[[Call], Awaitable[Reply]]:
    """Measure, answer and count a question."""

    @wraps(answer)
    async def handle(call: Call) -> Reply:
        if not call.context.broker_questions.takes(call.context.clock.monotonic()):
            broker_questions.labels(kind, "too_many").inc()
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many", "More questions than this console answers.")
        verdict = await answer(call)
        broker_questions.labels(kind, verdict).inc()
        return Reply(body=EmqxAnswer(result=verdict) if kind.startswith("emqx") else verdict)

    return handle


def _verdict(allowed: bool) -> Verdict:
    return Verdict.ALLOW if allowed else Verdict.DENY


async def _emqx_auth(call: Call) -> Verdict:
    asked = call.body_as(BrokerSignIn)
    found = await presented(call.context.db, asked.username)
    allowed = password_agrees(found, asked.password)
    # A name that is none of ours, such as the gateway's own, is the broker's to know.
    return Verdict.IGNORE if found is None else _verdict(allowed)


async def _emqx_acl(call: Call) -> Verdict:
    asked = call.body_as(TopicQuestion)
    found = await presented(call.context.db, asked.username)
    return Verdict.IGNORE if found is None else _verdict(may(asked.username, found, asked.action, asked.topic))


async def _rabbit_user(call: Call) -> Verdict:
    asked = call.body_as(BrokerSignIn)
    return _verdict(password_agrees(await presented(call.context.db, asked.username), asked.password))


async def _rabbit_vhost(call: Call) -> Verdict:
    found = await presented(call.context.db, call.body_as(VhostQuestion).username)
    return _verdict(found is not None and found.digest is not None)


async def _rabbit_resource(call: Call) -> Verdict:
    """Its own queues, which bear its client id: that must be its user name. And the exchange, not to change it."""
    asked = call.body_as(ResourceQuestion)
    found = await presented(call.context.db, asked.username)
    if found is None or found.digest is None:
        return Verdict.DENY
    if asked.resource == "queue":
        return _verdict(asked.name in {queue.format(asked.username) for queue in _QUEUES})
    return _verdict(asked.resource == "exchange" and asked.name == _EXCHANGE and asked.permission != "configure")


async def _rabbit_topic(call: Call) -> Verdict:
    asked = call.body_as(RoutingQuestion)
    deed = Deed.PUBLISH if asked.permission == "write" else Deed.SUBSCRIBE
    found = await presented(call.context.db, asked.username)
    return _verdict(rabbit_may(asked.username, found, deed, asked.routing_key))


def _emqx(path: str, zh: str, en: str, answer: _Answer, body: type[BaseModel]) -> Route:
    return Route(
        method="POST", path=f"/broker/emqx/{path}", zh=zh, en=en, roles=None, for_brokers=True, body=body,
        handler=_asked(f"emqx_{path}", answer), reply=EmqxAnswer,
    )  # fmt: skip


def _rabbit(path: str, zh: str, en: str, answer: _Answer, body: type[BaseModel]) -> Route:
    more: dict[str, Any] = {"query": TokenQuery, "is_form": True, "reply": Verdict}
    return Route(
        method="POST", path=f"/broker/rabbitmq/{path}", zh=zh, en=en, roles=None, for_brokers=True, body=body,
        handler=_asked(f"rabbitmq_{path}", answer), **more,
    )  # fmt: skip


ROUTES: Final = [
    _emqx("auth", "EMQX 登录认证", "EMQX asks who may sign in", _emqx_auth, BrokerSignIn),
    _emqx("acl", "EMQX 主题授权", "EMQX asks who may use a topic", _emqx_acl, TopicQuestion),
    _rabbit("user", "RabbitMQ 登录认证", "RabbitMQ asks who may sign in", _rabbit_user, BrokerSignIn),
    _rabbit("vhost", "RabbitMQ 虚拟主机", "RabbitMQ asks who may enter a virtual host", _rabbit_vhost, VhostQuestion),
    _rabbit("resource", "RabbitMQ 资源授权", "RabbitMQ asks who may use a queue", _rabbit_resource, ResourceQuestion),
    _rabbit("topic", "RabbitMQ 主题授权", "RabbitMQ asks who may use a topic", _rabbit_topic, RoutingQuestion),
]
