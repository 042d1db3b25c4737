import pytest
from pydantic import SecretStr, ValidationError

from sinks.models.endpoint import Endpoint


@pytest.mark.parametrize(
    "url",
    ["", "api.example/v1", "ftp://host/v1", "http:///v1", "https://me:pw@host/v1", "https://host/v1?key=1"],
)
def test_an_address_that_is_none_or_carries_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Endpoint(provider="test", base_url=url, model="m")
    assert "pw" not in str(caught.value)


def test_the_key_is_not_shown() -> None:
    endpoint = Endpoint(
        provider="test", base_url="https://host/v1/", model="m", api_key=SecretStr("hidden-key")
    )
    assert endpoint.base_url == "https://host/v1"
    assert "hidden-key" not in repr(endpoint) + endpoint.model_dump_json()
