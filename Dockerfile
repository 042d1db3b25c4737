# The worker: any stages of the line, chosen by its command. Needs a broker, and what its stages need.

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/sluicegate
ENV PATH=/opt/sluicegate/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Dependencies first: they change less often than the code.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
      print(*project['dependencies'], *project['optional-dependencies']['fast'], sep='\n')" > requirements.txt \
    && pip install --constraint constraints.txt --requirement requirements.txt
COPY README.md LICENSE ./
COPY schemas schemas
COPY processors processors
COPY sinks sinks
COPY streams streams
RUN pip install --no-deps .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/sluicegate --create-home sluicegate \
    && install --directory --owner=sluicegate --mode=0700 /var/lib/sluicegate/keys
COPY --from=build /opt/sluicegate /opt/sluicegate
ENV PATH=/opt/sluicegate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SLUICEGATE_STATE_DIR=/var/lib/sluicegate
USER sluicegate
WORKDIR /var/lib/sluicegate
VOLUME /var/lib/sluicegate
ENTRYPOINT []
CMD ["sluicegate", "worker"]
