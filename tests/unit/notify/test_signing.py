"""Signatures agree with the examples of the pages they come from."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from notify.signing import (
    Signer,
    acs3_headers,
    canonical_query,
    dingtalk_query,
    tc3_headers,
    webhook_headers,
    webhook_key,
)


def test_alibaba_clouds_own_example_is_signed_alike() -> None:
    who = Signer(
        key_id="YourAccessKeyId", secret="YourAccessKeySecret", host="ecs.cn-shanghai.aliyuncs.com",
        version="2014-05-26",
    )  # fmt: skip
    query = canonical_query(
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    )
    headers = acs3_headers(
        who, action="RunInstances", query=query, body=b"", nonce="3156853299f313e23d1673dc12e1703d",
        now=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    )  # fmt: skip
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencent_clouds_own_example_is_signed_alike() -> None:
    who = Signer(
        key_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******", secret="Gu5t9xGARNpq86cd98joQYCN3*******",
        host="cvm.tencentcloudapi.com", version="2017-03-12",
    )  # fmt: skip
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    headers = tc3_headers(
        who, service="cvm", region="ap-guangzhou", action="DescribeInstances", body=body,
        now=datetime.fromtimestamp(1551113065, UTC),
    )  # fmt: skip
    assert headers["X-TC-Timestamp"] == "1551113065"
    assert headers["Authorization"].endswith(
        "/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, "
        "Signature=be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"
    )


def test_the_example_of_standard_webhooks_is_signed_alike() -> None:
    key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = webhook_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', key=key, now=datetime.fromtimestamp(1614265330, UTC)
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%", "whsec_é"]
)
def test_what_is_no_secret_of_standard_webhooks_is_refused(secret: str) -> None:
    with pytest.raises(ValueError):
        webhook_key(secret)


def test_dingtalk_can_prove_the_time_it_was_signed_at() -> None:
    now = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
    query = parse_qs(dingtalk_query(secret="SECsecret", now=now))
    (stamp,), (sign,) = query["timestamp"], query["sign"]
    assert int(stamp) == now.timestamp() * 1000
    mac = hmac.new(b"SECsecret", f"{stamp}\nSECsecret".encode(), hashlib.sha256).digest()
    assert base64.b64decode(sign) == mac
