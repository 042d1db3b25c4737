"""What is said to models: one template a file, named after the action type whose free text a model fills."""
