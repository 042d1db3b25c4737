"""The parts that let the whole line run on one machine: broker, model and store."""
