"""pcapscan: what spoke where it should not, how regularly, and who did it, from evidence at rest."""

__version__ = "0.1.0"
