"""Commands for reviewers: `reviews list`, `reviews show`, `reviews approve`, `reviews refuse`."""

from typing import Annotated, Literal
from uuid import UUID

import typer
from rich.panel import Panel
from rich.pretty import Pretty

from schemas.base import derive_id
from schemas.codec import decode, encode
from schemas.endings import ActionPublished, DeadLettered
from schemas.errors import SluicegateError
from schemas.topics import Topic
from schemas.verdicts import Decision, ReviewOpened
from schemas.wire import Outbound
from streams.cli.terminal import AsJson, Exit, fail, out, reported, show_json, show_table
from streams.embedded.session import effective
from streams.publishing import publish
from streams.watching import read_to_end

Review = Annotated[str, typer.Argument(help="Id of the review, or its first characters.")]
Reviewer = Annotated[str, typer.Option("--as", help="Your id, as the registry of reviewers has it.")]
Reason = Annotated[str, typer.Option(help="A short code for the record.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="See, approve and refuse what waits for a person.", no_args_is_help=True)
    group.command("list")(list_)
    group.command()(show)
    group.command()(approve)
    group.command()(refuse)
    app.add_typer(group, name="reviews")


def list_(*, as_json: AsJson = False) -> None:
    """List the reviews that wait, those that expire first on top.

    Example: `sluicegate reviews list`
    """
    with reported():
        waiting = sorted(
            _waiting(effective().broker.bootstrap).values(), key=lambda review: review.expires_at
        )
    if as_json:
        for review in waiting:
            show_json(_summary(review))
        return
    rows = [tuple(_summary(review).values()) for review in waiting]
    show_table(
        f"{len(rows)} reviews wait", ("review", "tenant", "action", "rules", "expires", "request"), rows
    )


def show(review: Review, *, as_json: AsJson = False) -> None:
    """Show all that a decision rests on: request, proposal, evidence and the rule that stopped it.

    Example: `sluicegate reviews show 3f2a`
    """
    with reported():
        found = _find(effective().broker.bootstrap, review)
    document = found.model_dump(mode="json", exclude={"vault", "work", "usage", "hold"})
    if as_json:
        show_json(document)
        return
    for title in ("content", "action", "evidence", "verdict"):
        out.print(Panel(Pretty(document[title], max_string=400), title=title, title_align="left"))
    out.print(f"opened {found.opened_at:%Y-%m-%d %H:%M:%S}, expires {found.expires_at:%Y-%m-%d %H:%M:%S} UTC")


def approve(
    review: Review, *, reviewer: Reviewer, reason: Reason = "checked", as_json: AsJson = False
) -> None:
    """Approve a review for the payload it shows; any other payload stays refused.

    Example: `sluicegate reviews approve 3f2a --as reviewer-1`
    """
    _decide(review, reviewer, "approve", reason, as_json=as_json)


def refuse(
    review: Review, *, reviewer: Reviewer, reason: Reason = "unstated", as_json: AsJson = False
) -> None:
    """Refuse a review: the request ends as a dead letter.

    Example: `sluicegate reviews refuse 3f2a --as reviewer-1 --reason not_our_order`
    """
    _decide(review, reviewer, "refuse", reason, as_json=as_json)


def _decide(
    review: str, reviewer: str, decision: Literal["approve", "refuse"], reason: str, *, as_json: bool
) -> None:
    with reported():
        bootstrap = effective().broker.bootstrap
        found = _find(bootstrap, review)
        made = Decision(
            decision_id=derive_id("decision", found.review_id, reviewer, decision),
            review_id=found.review_id,
            tenant=found.context.tenant,
            reviewer_id=reviewer,
            decision=decision,
            payload_digest=found.verdict.payload_digest,
            reason=reason,
        )
        publish(bootstrap, [Outbound(Topic.DECISIONS, made.tenant.encode(), encode(made))])
    if as_json:
        show_json(made.model_dump(mode="json"))
    else:
        out.print(
            f"{decision}: {found.review_id}. Its outcome follows on `actions` or `dead-letters`.",
            markup=False,
        )


def _find(bootstrap: str, prefix: str) -> ReviewOpened:
    found = [review for identity, review in _waiting(bootstrap).items() if str(identity).startswith(prefix)]
    if len(found) != 1:
        fail(f"{len(found)} waiting reviews start with {prefix}", Exit.NOT_FOUND)
    return found[0]


def _waiting(bootstrap: str) -> dict[UUID, ReviewOpened]:
    """Fold reviews and what closed them."""
    opened: dict[UUID, ReviewOpened] = {}
    closed: set[UUID] = set()
    for message in read_to_end(bootstrap, [Topic.REVIEWS, Topic.ACTIONS, Topic.DEAD_LETTERS]):
        try:
            if message.topic == Topic.REVIEWS:
                review = decode(ReviewOpened, message)
                opened[review.review_id] = review
            elif message.topic == Topic.ACTIONS:
                approval = decode(ActionPublished, message).approval
                closed |= {approval.review_id} if approval else set()
            else:
                ended = decode(DeadLettered, message).review_id
                closed |= {ended} if ended else set()
        except SluicegateError:  # not ours to judge here: the line reports what it cannot read
            continue
    return {identity: review for identity, review in opened.items() if identity not in closed}


def _summary(review: ReviewOpened) -> dict[str, object]:
    return {
        "review": str(review.review_id),
        "tenant": review.context.tenant,
        "action": review.action.type,
        "rules": ", ".join(review.verdict.rules),
        "expires": review.expires_at.isoformat(timespec="seconds"),
        "request": str(review.context.request_id),
    }
