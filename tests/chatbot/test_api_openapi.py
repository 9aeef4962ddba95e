"""The OpenAPI description is true: schemathesis asks whatever it allows, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

from chatbot import assembly
from store import HashEmbedder
from tests.chatbot.api_server import Api, filled


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    patch = pytest.MonkeyPatch()
    patch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    with Api(filled(tmp_path_factory.mktemp("openapi"))) as api:
        yield api
    patch.undo()


@pytest.mark.slow
def test_every_route_does_what_its_description_says(api: Api) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="pip install 'proven-chatbot[dev]'")
    schema = schemathesis.openapi.from_url(f"{api.url}/openapi.json")
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    # What a date, an id or a question is, no schema says: that those are refused is no lie.
    meaning = schemathesis.checks.CHECKS.get_one("positive_data_acceptance")
    wrong: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in modes:
            cases = operation.as_strategy(generation_mode=mode)

            @hypothesis.settings(
                max_examples=5,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            @hypothesis.given(case=cases)
            def holds(case: Any) -> None:
                case.call_and_validate(timeout=60, excluded_checks=[meaning])

            try:
                holds()
            except hypothesis.errors.Unsatisfiable:
                continue  # nothing of that mode can be sent
            except BaseException as error:
                wrong.append(f"{operation.label}: {error}")
    assert not wrong, "\n\n".join(wrong)


def test_every_route_says_which_errors_it_has(api: Api) -> None:
    described = api.get("/openapi.json").json()
    paths = described["paths"]
    assert {"/v1/chat/completions", "/v1/responses", "/v1/ask", "/v1/ingest", "/healthz"} <= set(paths)
    for path in paths.values():
        for operation in path.values():
            assert {"400", "401", "429", "500"} <= set(operation["responses"])
            assert "422" not in operation["responses"]
