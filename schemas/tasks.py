"""What an operator declares: tasks, and the registry of sources and tenants."""

from typing import Literal

from pydantic import Field

from schemas.base import Code, LanguageTag, Model, Opaque, Slug, SourceName
from schemas.envelope import Budget, Usd
from schemas.ports import Profile
from schemas.tooling import ToolRule


class IdentifierSpec(Model):
    """A value that the task needs in clear, so that redaction leaves it and tools can be asked with it.

    Attributes:
        pattern: regular expression of the whole value, without look-behind; matched on word boundaries.
        asked_for: whether the requester is asked for it when it is missing and a tool needs it.
        when_missing: the tool that is run, before any model, for a request that does not give it.
    """

    name: Code
    pattern: str
    asked_for: bool = True
    when_missing: Code | Literal[""] = ""


class IntentSpec(Model):
    """What to do about one label of the cheap tier.

    Attributes:
        action: the action type this intent leads to; a model may fill it but never switch it.
        by: `template` answers without a model, `rule` computes the action, `model` lets the larger model fill it.
        needs: tools whose record must be `ok`, else a clarification is asked.
    """

    action: Code
    by: Literal["template", "rule", "model"]
    needs: tuple[Code, ...] = ()


OnFailure = Literal["hold", "redact"]
"""What becomes of words that cannot be searched."""


class RedactionSpec(Model):
    """How much is taken out of a request's words, and what becomes of words that cannot be searched.

    Attributes:
        profile: for free text: the request's text, its turns, and the fields not named below.
        fields: profiles of single fields, by key.
        on_failure: `hold` tries the event again, and keeps it as a dead letter if that does not help; `redact` lets it
            go on with one placeholder in place of each text that could not be searched.
    """

    profile: Profile = Profile.STRICT
    fields: dict[Slug, Profile] = Field(default_factory=dict)
    on_failure: OnFailure = "hold"

    def profile_of(self, key: str) -> Profile:
        """Return the profile of a field's value."""
        return self.fields.get(key, self.profile)


class KnowledgeSpec(Model):
    """Which knowledge a task rests on, and how much of it.

    Attributes:
        document_types, product_areas: the only ones searched; all when empty.
        max_tokens: of all passages together.
        half_life_days: age at which a document of a type counts half; types not named do not age.
    """

    chunks: int = Field(default=3, ge=0, le=20)
    max_tokens: int = Field(default=1_500, ge=0, le=20_000)
    document_types: tuple[Code, ...] = ()
    product_areas: tuple[Slug, ...] = ()
    half_life_days: dict[Code, float] = Field(default_factory=dict)


class TaskSpec(Model):
    """A use case: which actions it may take, what it needs in clear, how long and how much it may use.

    Attributes:
        citations: whether a reply that a model drafted must cite a passage or use a tool's record. What it cites must
            be there in any case.
    """

    name: Slug
    description: str
    languages: tuple[LanguageTag, ...]
    actions: tuple[Code, ...]
    identifiers: tuple[IdentifierSpec, ...] = ()
    redaction: RedactionSpec = RedactionSpec()
    tools: tuple[Code, ...] = ()
    intents: dict[Code, IntentSpec]
    out_of_scope: IntentSpec
    confidence_threshold: float = Field(ge=0, le=1)
    deadline_seconds: int = Field(gt=0, le=86_400)
    review_seconds: int = Field(gt=0, le=7 * 86_400)
    budget: Budget
    max_repairs: int = Field(default=2, ge=0, le=5)
    max_lookups: int = Field(default=2, ge=0, le=5)
    max_output_tokens: int = Field(default=220, ge=1, le=4096)
    knowledge: KnowledgeSpec = KnowledgeSpec()
    citations: Literal["required", "optional"] = "required"
    human_queue: Code = "general"


class SourceGrant(Model):
    """For whom a source may speak, and which roles it may assert of a principal."""

    source: SourceName
    tenants: tuple[Slug, ...]
    tasks: tuple[Slug, ...]
    roles: tuple[Slug, ...]


class TenantSpec(Model):
    """A tenant's limits.

    Attributes:
        daily_budget_usd: the most its requests may spend on models in a day (UTC).
        knowledge_from: other tenants whose documents its requesters may read, where those name it too.
        tools: the only tools its requesters may use, each with its own rule; all of the task's if None.
    """

    name: Slug
    daily_budget_usd: Usd = Field(ge=0)
    daily_tokens: int = Field(default=10_000_000, ge=0)
    knowledge_from: tuple[Slug, ...] = ()
    tools: dict[Code, ToolRule] | None = None


class ReviewerGrant(Model):
    """A person who may decide reviews; which ones follows from the roles, by policy."""

    id: Opaque
    tenants: tuple[Slug, ...]
    roles: tuple[Slug, ...]


class Registry(Model):
    """Who exists."""

    sources: tuple[SourceGrant, ...]
    tenants: tuple[TenantSpec, ...]
    reviewers: tuple[ReviewerGrant, ...] = ()

    def grant(self, source: str) -> SourceGrant | None:
        return next((grant for grant in self.sources if grant.source == source), None)

    def reviewer(self, name: str) -> ReviewerGrant | None:
        return next((reviewer for reviewer in self.reviewers if reviewer.id == name), None)

    def tenant(self, name: str) -> TenantSpec | None:
        return next((tenant for tenant in self.tenants if tenant.name == name), None)
