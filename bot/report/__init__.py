"""An incident's report on its way out: as a file, typeset or for programs. No database; nothing is fetched."""
