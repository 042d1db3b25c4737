"""Other readings of a text, in which what was disguised stands in clear, each with the way back."""
