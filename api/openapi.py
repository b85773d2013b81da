"""The API's description as committed: ``python -m api.openapi`` writes it anew, and a test compares."""

from pathlib import Path
from typing import Any

import yaml

COMMITTED = Path(__file__).with_name("openapi.yaml")


def described() -> dict[str, Any]:
    from drf_spectacular.generators import SchemaGenerator

    generator: Any = SchemaGenerator
    found: dict[str, Any] = generator(urlconf="api.urls").get_schema(request=None, public=True)
    return found


def written() -> str:
    from drf_spectacular.renderers import OpenApiYamlRenderer

    renderer: Any = OpenApiYamlRenderer()
    text: bytes = renderer.render(described(), renderer_context={})
    return text.decode()


def committed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMMITTED.read_text("utf-8"))
    return found


def main() -> None:
    import django

    django.setup()
    COMMITTED.write_text(written(), "utf-8")


if __name__ == "__main__":
    main()
