"""Documents as a stream: published from folders, followed by every worker that grounds."""
