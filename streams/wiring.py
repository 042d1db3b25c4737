"""Settings to running parts: every processor with what it needs, and nothing it may not hold.

Heavy libraries are imported where their part is made, so that a worker loads only what its stages use.
"""

import gc
import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from processors.account import Account
from processors.admit import Admit
from processors.classify import Classify, load_classifier
from processors.enforce import Enforce
from processors.escalate import Escalate
from processors.ground import Ground
from processors.ground.sanitising import Sanitiser
from processors.ground.tooling import ToolRunner
from processors.policy import CedarEngine, load_engine
from processors.redact import AesVault, Redact
from processors.redact.sealing.keyring import Keyring
from processors.settle import Settle
from processors.signing import Ed25519Signer
from processors.tasks.shop_support.tools import SHOP_TOOL_SPECS, shop_tools
from processors.tasks.task import EXAMPLES_FILE, REGISTRY_FILE, Task, load_registry, load_task
from processors.validate import Validate
from schemas.envelope import Usd
from schemas.errors import Fatal, Retryable
from schemas.ports import ChatModel, Detector
from schemas.tasks import Registry, TaskSpec
from schemas.tooling import Tool
from sinks.keys.sqlite import SqliteKeyStore
from sinks.models.absent import AbsentModel
from sinks.models.endpoint import Endpoint
from sinks.models.prices import ConfiguredPrice, Price, price_of
from sinks.models.remembered import Remembered
from sinks.tools.sql import SqliteSource
from streams.clock import SystemClock
from streams.deferred import DeferredDetector
from streams.keys import key_encryption_keys, read_key
from streams.knowledge.answering import FollowedKnowledge
from streams.knowledge.follower import Follower, FollowerSettings
from streams.knowledge.passages import open_index, passage_rules
from streams.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from sinks.models.openai_compatible import OpenAICompatible
    from sinks.tools.http import HttpxSource

log = logging.getLogger(__name__)

POLICY_FILE = "policy.cedar"


@dataclass(frozen=True)
class Workshop:
    """Makes the processor of any stage.

    Parts are made when first needed, so that a stage deployed by itself needs only its own keys and endpoints:
    escalate never holds a vault key, and only settle can sign.
    """

    settings: Settings
    clock: SystemClock = field(default_factory=SystemClock)

    def processor(self, stage: str) -> Callable[..., object]:
        """Return a stage's processor.

        Raises:
            Fatal: whatever part of it is missing or invalid.
        """
        makers: Mapping[str, Callable[[], Callable[..., object]]] = {
            "redact": lambda: Redact(self.registry, self.specs, self.detector, self.vault),
            "admit": lambda: Admit(self.registry, self.clock, self.settings.broker.transactions),
            "ground": self._ground,
            "classify": self._classify,
            "escalate": self._escalate,
            "validate": lambda: Validate(self.specs, self.clock, SHOP_TOOL_SPECS),
            "enforce": lambda: Enforce(self.policy, self.vault),
            "settle": self.settle,
            "account": Account,
        }
        if stage not in makers:
            raise Fatal("unknown_stage", stage)
        processor = makers[stage]()
        if stage == "redact":  # the others open what this one seals, so they would make a store of no use
            self.key_store.create()
        return processor

    def settle(self) -> Settle:
        """Return the one stage that is not a Faust agent."""
        return Settle(self.specs, self.registry, self.policy, self.vault, self.signer)

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        loaded = [load_task(folder) for folder in self.settings.task_dirs]
        return {task.spec.name: task for task in loaded}

    @cached_property
    def specs(self) -> Mapping[str, TaskSpec]:
        return {name: task.spec for name, task in self.tasks.items()}

    @cached_property
    def registry(self) -> Registry:
        return load_registry(self.settings.registry or self.settings.task_dirs[0] / REGISTRY_FILE)

    @cached_property
    def policy(self) -> CedarEngine:
        permissions = [spec.permission for spec in SHOP_TOOL_SPECS]
        return load_engine(self._only_task.folder / POLICY_FILE, permissions)

    @cached_property
    def vault(self) -> AesVault:
        return AesVault(Keyring(self.key_store, key_encryption_keys(self.settings.keys)))

    @cached_property
    def key_store(self) -> SqliteKeyStore:
        return SqliteKeyStore(self.settings.key_store)

    @cached_property
    def signer(self) -> Ed25519Signer:
        return Ed25519Signer(read_key(self.settings.keys.signing, "keys.signing"))

    @cached_property
    def detector(self) -> Detector:
        return DeferredDetector(_detector)

    @cached_property
    def sanitiser(self) -> Sanitiser:
        return Sanitiser(self.detector)

    @cached_property
    def knowledge(self) -> FollowedKnowledge:
        return FollowedKnowledge(self.follower, self.registry, self.clock)

    @cached_property
    def follower(self) -> Follower:
        """What keeps this worker's index of the documents; the worker runs it."""
        settings = self.settings
        return Follower(
            FollowerSettings(
                bootstrap=settings.broker.bootstrap,
                state_dir=settings.state_dir,
                max_stale_seconds=settings.knowledge.max_stale_seconds,
            ),
            passage_rules(self.detector, self.sanitiser),
            open_index,
        )

    @cached_property
    def tools(self) -> Mapping[str, Tool]:
        database = self.settings.shop_database or self.settings.state_dir / "shop.sqlite"
        stock = self._stock if self.settings.tools.stock_url else None
        return shop_tools(SqliteSource(database), self.clock, stock)

    @cached_property
    def _stock(self) -> "HttpxSource":
        from sinks.tools.http import HttpService, HttpxSource  # noqa: PLC0415

        tools = self.settings.tools
        token = tools.stock_token if tools.stock_token.get_secret_value() else None
        return HttpxSource(HttpService(base_url=tools.stock_url, token=token), self.clock)

    @cached_property
    def model(self) -> ChatModel:
        if not self.settings.model.base_url:
            return AbsentModel()
        return Remembered(self._upstream)

    @cached_property
    def _upstream(self) -> "OpenAICompatible":
        from sinks.models.openai_compatible import OpenAICompatible  # noqa: PLC0415

        return OpenAICompatible(_endpoint(self.settings.model), self._price(), self.clock)

    async def warm_up(self) -> None:
        """Load what takes long, and use it once, so that no request waits for it.

        Raises:
            Fatal: a part is missing that somebody's words are held for.
        """
        if "detector" in vars(self):
            with suppress(Retryable):  # the first request will meet it again, and fail closed
                await self._use_detector()
            gc.collect()
            gc.freeze()  # models and word lists stay for good: a full collection would walk all of them in mid-request

    async def _use_detector(self) -> None:
        try:
            await self.detector.detect(("Ada Lovelace, ada@example.com",), "en")
        except Fatal as error:
            if any(spec.redaction.on_failure == "hold" for spec in self.specs.values()):
                raise
            log.warning("%s: every text will be redacted whole", error.reason)

    async def close(self) -> None:
        """Close the connections of the parts that were made."""
        if "_upstream" in vars(self):
            await self._upstream.aclose()
        if "_stock" in vars(self):
            await self._stock.aclose()

    @property
    def _only_task(self) -> Task:
        if len(self.tasks) != 1:
            raise Fatal("one_task", "this version runs one task in a worker")
        return next(iter(self.tasks.values()))

    def _ground(self) -> Ground:
        runner = ToolRunner(self.tools, self.policy, self.sanitiser, self.clock)
        return Ground(self.specs, self.registry, self.knowledge, runner)

    def _escalate(self) -> Escalate:
        model = self.settings.model
        languages = frozenset(model.languages)
        return Escalate(
            self.specs,
            self.model,
            self.clock,
            drafts_only=model.drafts_only,
            chunks=model.chunks,
            languages=languages,
            tools=SHOP_TOOL_SPECS,
        )

    def _classify(self) -> Classify:
        task = self._only_task
        return Classify(self.specs, load_classifier(self._classifier_dir(task)), task.templates)

    def _classifier_dir(self, task: Task) -> Path:
        """Return where the classifier trained on a task's present examples is kept."""
        examples = hashlib.sha256((task.folder / EXAMPLES_FILE).read_bytes()).hexdigest()[:16]
        return self.settings.state_dir / "classifiers" / f"{task.spec.name}-{examples}"

    def train_missing(self) -> None:
        """Train the classifiers that are not there yet; takes seconds."""
        if self.trained:
            return
        from processors.classify.training import train  # noqa: PLC0415

        for task in self._untrained():
            folder = self._classifier_dir(task)
            unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
            train(task.folder, unfinished)
            unfinished.rename(folder)  # whole or not at all, also when this process is killed

    @property
    def trained(self) -> bool:
        """Whether every task's classifier is there."""
        return not self._untrained()

    def _untrained(self) -> list[Task]:
        return [task for task in self.tasks.values() if not self._classifier_dir(task).exists()]

    def _price(self) -> Price:
        model = self.settings.model
        configured: dict[str, ConfiguredPrice] = {}
        if model.input_usd_per_million is not None and model.output_usd_per_million is not None:
            price = ConfiguredPrice(
                input=Usd(model.input_usd_per_million),
                output=Usd(model.output_usd_per_million),
                dated=model.priced,
            )
            configured[f"{model.provider}/{model.model}"] = price
        return price_of(model.provider, model.model, configured, self.clock.now())


def _detector() -> Detector:
    from processors.redact.detection.detector import PresidioDetector  # noqa: PLC0415

    return PresidioDetector()


def _endpoint(model: ModelSettings) -> Endpoint:
    return Endpoint(
        provider=model.provider,
        base_url=model.base_url,
        model=model.model,
        api_key=model.api_key if model.api_key.get_secret_value() else None,
        output_limit=model.output_limit,
        length_keywords=model.length_keywords,
        concurrency=model.concurrency,
        timeout_seconds=model.timeout_seconds,
        extra=model.extra,
    )
