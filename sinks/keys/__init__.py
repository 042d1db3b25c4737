"""Where wrapped keys are kept."""
