"""The walls that import contracts can't express, read from the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("platform/sanfang", "platform/network", "tenants", "crm", "billing", "api", "frontend", "infra")


def _modules(*roots: str) -> Iterator[tuple[Path, ast.Module]]:
    for root in roots:
        for path in sorted((ROOT / root).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_platform_is_a_plain_folder() -> None:
    assert not list((ROOT / "platform").glob("*.py"))


def test_tests_have_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_apps_in_crm_reach_each_other_only_through_actions_and_queries() -> None:
    """Foreign keys name their model as text. ``policy`` is what a view asks, not another app."""
    wrong = []
    for path, tree in _modules("crm"):
        own = path.parts[1]
        for name in _imports(tree):
            parts = name.split(".")
            if parts[0] == "crm" and len(parts) > 2 and parts[1] != own and parts[2] not in {"actions", "queries"}:
                wrong.append(f"{path}: {name}")
    assert not wrong


def test_only_tenancy_switches_schemas() -> None:
    allowed = ("platform/sanfang/tenancy", "tenants/", "platform/sanfang/ops/health.py")
    words = {"schema_context", "tenant_context", "set_tenant", "set_schema", "set_schema_to_public"}
    wrong = []
    for path, tree in _modules(*PACKAGES):
        if str(path).startswith(allowed):
            continue
        for node in ast.walk(tree):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in words:
                wrong.append(f"{path}:{node.lineno}: {name}")  # type: ignore[attr-defined]
    assert not wrong


def test_no_generator_yields_from_inside_a_tenant() -> None:
    """Its caller would stay in the tenant between two values (study §3 #6). A context manager's caller is meant to
    stay there until its block ends."""
    wrong = []
    for path, tree in _modules(*PACKAGES):
        managed = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
            and any(ast.unparse(one).rsplit(".", 1)[-1] == "contextmanager" for one in node.decorator_list)
            for inner in ast.walk(node)
        }
        for node in set(ast.walk(tree)) - managed:
            if isinstance(node, ast.With) and any("inside" in ast.unparse(item.context_expr) for item in node.items):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Yield | ast.YieldFrom):
                        wrong.append(f"{path}:{inner.lineno}")
    assert not wrong


def test_views_load_through_policies_and_queries() -> None:
    wrong = []
    for path, tree in _modules("frontend", "api"):
        if path.parts[0] == "api" and path.stem in {"actions", "queries", "sending", "tasks"}:
            continue  # rooms of its own apps
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}:
                wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong


def test_nothing_of_a_tenant_is_kept_in_a_process() -> None:
    """A cached function in a tenant app would hand one store's answer to the next (study §3 #23)."""
    wrong = []
    for path, tree in _modules("crm", "platform/network", "platform/sanfang/audit", "platform/sanfang/messaging"):
        if not any(part in {"models", "queries", "db"} for name in _imports(tree) for part in name.split(".")):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    name = ast.unparse(decorator).split("(")[0].rsplit(".", 1)[-1]
                    if name in {"cache", "lru_cache", "cached_property"}:
                        wrong.append(f"{path}:{node.lineno}: {node.name}")
    assert not wrong


@pytest.mark.parametrize("name", ["print(", "breakpoint("])
def test_nothing_is_left_from_trying_things_out(name: str) -> None:
    wrong = [
        str(path)
        for path, tree in _modules("crm", "tenants", "frontend", "platform/network", "platform/sanfang/kernel")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) + "(" == name
    ]
    assert not wrong
