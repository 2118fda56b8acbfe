"""DuckDB over the archive. It comes as a layer of its own to the functions that need it (`infra/package.py`)."""
