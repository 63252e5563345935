"""The admin's files: YAML with positions, schemas and faults."""

from hub.config.complete import CompleteSchema
from hub.config.document import Document
from hub.config.faults import Fault, Faults, did_you_mean, path_text, what_there_is
from hub.config.folder import ConfigUnreadable
from hub.config.including import Cache
from hub.config.limits import Limits
from hub.config.positions import Position, SourceFile
from hub.config.validate import validate
from hub.config.yamlfile import load

__all__ = [
    "Cache",
    "CompleteSchema",
    "ConfigUnreadable",
    "Document",
    "Fault",
    "Faults",
    "Limits",
    "Position",
    "SourceFile",
    "did_you_mean",
    "load",
    "path_text",
    "validate",
    "what_there_is",
]
