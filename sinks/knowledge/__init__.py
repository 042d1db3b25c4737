"""Knowledge as a worker keeps it: an index of passages that knows who may read them, and its file.

`index.KnowledgeIndex` is the one to use; `memory.MemoryPassageIndex` does the same by looking at everything.
"""
