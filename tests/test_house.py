"""The rules of the house that no linter knows. CONTRIBUTING.md says why they are there."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "processors", "sinks", "streams")
MAX_MODULE_LINES = 320
MAX_TEST_MODULE_LINES = 500
MAX_FUNCTION_LINES = 50
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}

# Written so that this file does not contain what it looks for.
UNWELCOME = re.compile(
    r"(?<![\w.])/wor[k]/|/tmp/la[b]\b|pypi\.or[g]|pythonhosted\.or[g]|npmjs\.or[g]|repo1?\.mave[n]|"
    r"golang\.or[g]|deb\.debian\.or[g]|crates\.i[o]\b"
)

MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def _tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_imported_is_ours(package: str) -> None:
    # Their names are generic: another distribution's could be found first.
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).resolve() == (ROOT / package / "__init__.py").resolve()


def test_modules_are_one_concept() -> None:
    assert [_name(path) for path in MODULES if _lines(path) > MAX_MODULE_LINES] == []
    assert [_name(path) for path in TESTS if _lines(path) > MAX_TEST_MODULE_LINES] == []


def test_functions_fit_a_screen() -> None:
    assert [
        f"{_name(path)}:{function.lineno} {function.name} has {_length(function)} lines"
        for path in (*MODULES, *TESTS)
        for function in _functions(path)
        if _length(function) > MAX_FUNCTION_LINES
    ] == []


def test_names_say_what_is_inside() -> None:
    assert [
        _name(path)
        for path in (*MODULES, *TESTS)
        if set(path.relative_to(ROOT).with_suffix("").parts) & VAGUE_NAMES
    ] == []


def test_every_test_folder_is_a_package() -> None:
    # Without it, tests/processors would shadow the real package.
    folders = {path.parent for path in TESTS}
    assert sorted(_name(folder) for folder in folders if not (folder / "__init__.py").is_file()) == []


def test_nothing_names_a_registry_or_somebodys_machine() -> None:
    found = []
    for path in _tracked():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{_name(path)}: {match[0]}" for match in UNWELCOME.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "line", ["cd /wor" + "k/main", "https://pypi.o" + "rg/simple", "in /tmp/la" + "b/x", "crates.i" + "o"]
)
def test_the_rule_about_names_finds_something(line: str) -> None:
    assert UNWELCOME.search(line)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _required(distribution: str) -> set[str]:
    stated = metadata.requires(distribution) or ()
    return {_normal(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in stated if "extra ==" not in line}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_import_is_declared_or_comes_with_what_is() -> None:
    # Else it is there on the machine of whoever installed it by hand, and in no fresh clone.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["embedded"]]
    declared = {_normal(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in lines}
    available = declared.union(*(_required(name) for name in declared))
    providers = metadata.packages_distributions()
    foreign = {name for path in MODULES for name in _imported(path)} - set(PACKAGES) - sys.stdlib_module_names
    assert {
        name for name in foreign if not available & {_normal(each) for each in providers.get(name, ())}
    } == set()


def test_layers_are_kept() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
