"""Outbound adapters: the trace store, model endpoints and tool back ends."""
