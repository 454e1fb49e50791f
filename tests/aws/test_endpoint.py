"""The reader goes where botocore would go, through a proxy or not, and reads the same variables the same way."""

from __future__ import annotations

import gzip
import itertools
import json
import urllib.request
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointVariantError
from botocore.utils import ensure_boolean, get_environ_proxies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotlog import config
from hotlog.stores.ssm.signed_reader import find_endpoint
from tests.support.cli import use_credentials

DATA = Path(botocore.__file__).parent / "data"
PARTITIONS: dict[str, Any] = json.loads((DATA / "partitions.json").read_text(encoding="utf-8"))
REGIONS = sorted(
    (partition["id"], region)
    for partition in PARTITIONS["partitions"]
    for region in partition["regions"]
    if not region.endswith("global")
)
NOT_YET = [("aws", "eu-north-9"), ("aws-cn", "cn-south-1"), ("aws-us-gov", "us-gov-north-1")]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_credentials(tmp_path, monkeypatch)


def host_of(region: str) -> str:
    place = find_endpoint(config.aws(), region)
    assert place is not None, region
    assert (place.port, place.secure) == (443, True)
    return place.host


def rules_of_ssm() -> EndpointProvider:
    file = next((DATA / "ssm").rglob("endpoint-rule-set-1.json*"))
    packed = file.read_bytes()
    rules = gzip.decompress(packed) if file.suffix == ".gz" else packed
    return EndpointProvider(json.loads(rules), PARTITIONS)


@pytest.mark.parametrize(("fips", "dual_stack"), list(itertools.product([False, True], repeat=2)))
def test_every_region_of_every_partition_is_where_the_rules_of_botocore_have_it(
    fips: bool, dual_stack: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", str(fips))
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", str(dual_stack))
    provider = rules_of_ssm()
    assert {partition for partition, _ in REGIONS} >= {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-eusc"}
    for _, region in (*REGIONS, *NOT_YET):
        wanted = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack)
        assert f"https://{host_of(region)}" == wanted.url


@pytest.mark.parametrize(("fips", "dual_stack"), list(itertools.product(["", "True"], repeat=2)))
def test_a_client_of_botocore_goes_to_the_same_host(
    fips: str, dual_stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", fips)
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", dual_stack)
    firsts = dict(reversed(REGIONS))
    refused = [region for region in firsts.values() if not is_sent_to_our_host(region)]
    # botocore itself knows no such client for some of the secluded partitions.
    assert all(region.startswith(("us-iso", "eu-iso", "eusc")) for region in refused), refused
    assert not refused or dual_stack


def is_sent_to_our_host(region: str) -> bool:
    class SentError(Exception):
        pass

    def stop(request: Any, **_: object) -> None:
        assert request.url == f"https://{host_of(region)}/"
        raise SentError

    try:
        client: Any = botocore.session.Session().create_client("ssm", region_name=region)
    except EndpointVariantError:
        return False
    client.meta.events.register("before-send.ssm", stop)
    with pytest.raises(SentError):
        client.get_parameter(Name="/hotlog/orders")
    return True


@pytest.mark.parametrize(
    "value", ["true", "TRUE", "True", "tRuE", "false", "0", "1", "yes", " true", "", "on"]
)
def test_a_switch_is_on_where_botocore_takes_it_for_on(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", value)
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", value)
    found = config.aws()
    assert (found.fips, found.dual_stack) == (ensure_boolean(value), ensure_boolean(value))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", value)
    assert config.aws().endpoint == ("" if ensure_boolean(value) else "http://localhost:4566")


@pytest.mark.parametrize(
    "region", ["fips-us-east-1", "us-east-1-fips", "aws-global", "eu west", "", "é-1", "-"]
)
def test_a_name_that_botocore_takes_for_another_region_is_left_to_it(region: str) -> None:
    assert find_endpoint(config.aws(), region) is None


# --- proxies ----------------------------------------------------------------------------------------------------------

HOST = "ssm.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("env", "reads"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, False),
        ({"https_proxy": "http://p:1"}, False),
        ({"Https_Proxy": "http://p:1"}, False),
        ({"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, True),
        ({"HTTPS_PROXY": "http://p:1", "https_proxy": ""}, True),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "amazonaws.com"}, True),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "localhost, .AmazonAWS.com ,x"}, True),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, True),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*.amazonaws.com"}, False),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": f"{HOST}:443"}, False),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "aws.com"}, False),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": HOST, "no_proxy": "other"}, False),
    ],
)
def test_a_proxy_stands_in_the_way_where_it_does_for_botocore(
    env: dict[str, str], reads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    place = find_endpoint(config.aws(), "eu-west-1")
    assert place is not None
    assert (place.proxy is None) is reads
    assert ("https" not in get_environ_proxies(f"https://{HOST}/")) is reads


NAMES = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "Http_Proxy",
    "NO_PROXY",
    "no_proxy",
    "No_Proxy",
]
NAMES += ["ALL_PROXY", "REQUEST_METHOD"]
LISTED = (
    f"* , . com .com localhost LOCALHOST:4566 :4566 [::1] [::1]:80 {HOST} amazonaws.com .amazonaws.com *.com"
)
LISTED += " host: host:443 host a.host 1.2.3.4 ..host"
EXCLUDED = st.lists(st.sampled_from(["", " ", *LISTED.split()]), max_size=4).map(",".join)
URLS = [
    "",
    "http://localhost:4566",
    "https://host",
    "https://host:443",
    "http://A.Host",
    "http://[::1]:80",
    "http://1.2.3.4",
]


@settings(suppress_health_check=[HealthCheck.too_slow])  # one draw takes seconds where the machine is busy
@given(
    env=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["", "http://p:1"]) | EXCLUDED),
    url=st.sampled_from(URLS),
)
def test_a_proxy_applies_where_it_does_for_botocore(env: dict[str, str], url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            patch.delenv(name, raising=False)
        for name, value in env.items():
            patch.setenv(name, value)
        if url:
            patch.setenv("AWS_ENDPOINT_URL", url)
        found = config.aws()
        assert found.proxies == urllib.request.getproxies_environment()
        asked = url or f"https://{HOST}"
        applies = asked.partition(":")[0] in get_environ_proxies(asked)
        place = find_endpoint(found, "eu-west-1")
        assert (place is None or place.proxy is not None) is applies
