"""Commands that measure quality on sets with known answers: `eval retrieval`."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from processors.ground.retrieval.measuring import Question
from processors.tasks.documents import load_documents
from processors.tasks.task import REGISTRY_FILE, load_registry, load_task
from schemas.errors import Unprocessable
from streams.cli.terminal import AsJson, Exit, fail, reported, say, show_json, show_table
from streams.clock import SystemClock
from streams.embedded.session import effective

if TYPE_CHECKING:
    from streams.evaluating import Trial

_BUDGET_SECONDS = 60.0
_COLUMNS = ("searched by", "recall", "precision", "MRR", "nDCG", "forbidden", "p50 ms", "p95 ms")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(no_args_is_help=True, help="Measure quality on sets with known answers.")
    group.command()(retrieval)
    group.callback()(_group)
    app.add_typer(group, name="eval", rich_help_panel="Decide and look into")


def _group() -> None:
    """Keeps a single command a subcommand."""


def retrieval(
    *,
    questions: Annotated[
        Path,
        typer.Option("--set", help="JSON lines, each a question with what it should find.", metavar="FILE"),
    ],
    knowledge: Annotated[
        Path | None,
        typer.Option(
            help="Folder of documents; the task's own without it.", metavar="DIR", show_default=False
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="Passages that count.", min=1, max=20)] = 5,
    as_json: AsJson = False,
) -> None:
    """Measure what retrieval finds for questions, beside words alone and meaning alone.

    The documents are cut, redacted and indexed as a line does it, in memory; no broker, key or network is needed. A
    question is an object with `id`, `tenant`, `roles`, `text` and `wanted`, a list of objects with `document_id` and, if
    the passage matters, a `quote`; and `forbidden`, documents that its asker must not see. The exit code is 1 if any
    passage was returned that its asker may not read.

    Example: `sluicegate eval retrieval --set processors/tasks/shop_support/retrieval.jsonl`
    """
    with reported():
        trials, asked = _tried(questions, knowledge, k)
    if as_json:
        from streams.evaluating import as_document  # noqa: PLC0415 - what help need not wait for

        show_json(as_document(trials, k))
    else:
        _show(trials, asked, k)
    if any(trial.violations for trial in trials):
        fail("passages were returned that their asker may not read", Exit.FAILED)


def _tried(file: Path, knowledge: Path | None, k: int) -> tuple[Sequence["Trial"], Sequence[Question]]:
    from processors.redact.detection.detector import PresidioDetector  # noqa: PLC0415 - a second that help need not wait
    from streams.evaluating import evaluation, read_questions  # noqa: PLC0415

    questions, settings = read_questions(file), effective()
    if not questions:
        raise Unprocessable("questions_unreadable", f"{file.name}: has no question")
    task = load_task(settings.task_dirs[0])
    documents = load_documents(knowledge) if knowledge else task.documents
    registry = load_registry(settings.registry or settings.task_dirs[0] / REGISTRY_FILE)
    made = asyncio.run(
        evaluation(documents, PresidioDetector(_BUDGET_SECONDS), registry, SystemClock(), task.spec.knowledge)
    )
    return made.run(questions, k), questions


def _show(trials: Sequence["Trial"], asked: Sequence[Question], k: int) -> None:
    answerable = sum(bool(question.wanted) for question in asked)
    say(f"{len(asked)} questions, {answerable} of them with an answer; the first {k} passages count.")
    show_table("", _COLUMNS, [_row(trial) for trial in trials])
    kinds = {kind: None for trial in trials for kind in trial.by_kind}
    rows = [
        [
            kind,
            *(
                f"{each.by_kind[kind].recall:.3f} / {each.by_kind[kind].reciprocal_rank:.3f}"
                for each in trials
            ),
        ]
        for kind in kinds
    ]
    show_table("Recall / MRR by kind of question", ("kind", *(trial.method for trial in trials)), rows)


def _row(trial: "Trial") -> list[object]:
    overall = trial.overall
    figures = (overall.recall, overall.precision, overall.reciprocal_rank, overall.ndcg)
    times = (1000 * trial.percentile(0.5), 1000 * trial.percentile(0.95))
    return [
        trial.method,
        *(f"{each:.3f}" for each in figures),
        trial.violations,
        *(f"{each:.1f}" for each in times),
    ]
