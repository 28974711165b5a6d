"""What every Croissant file of this package has in common: the context, the vocabularies, and a check.

Croissant 1.0 with its Responsible-AI vocabulary 1.0 (MLCommons). Who describes what is told elsewhere; see
`speechfair.curating.datasheet` and `speechfair.process.export.croissant`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from speechfair.errors import InputError

__all__ = ["CONTEXT", "CORE", "NOT_PUBLISHED", "PARQUET", "RAI", "check_croissant"]

CORE, RAI = "http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"
NOT_PUBLISHED = "https://example.org/not-published"
"""Croissant asks for an address; this one says that there is none yet."""
PARQUET = "application/x-parquet"
"""The media type by which mlcroissant knows Parquet."""

CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field",
    "equivalentProperty": "cr:equivalentProperty", "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject", "fileSet": "cr:fileSet", "format": "cr:format",
    "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key",
    "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path", "recordSet": "cr:recordSet",
    "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
    "samplingRate": "cr:samplingRate", "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source",
    "subField": "cr:subField", "transform": "cr:transform",
}  # fmt: skip

_NEEDED = ("@context", "name", "description", "license", "url", "rai:dataBiases", "rai:dataLimitations")


def check_croissant(content: Mapping[str, Any], file: str) -> bool:
    """Whether mlcroissant read the description, too; False where it is not installed.

    Raises
    ------
    InputError
        A property that Croissant or its RAI vocabulary asks for is missing, or mlcroissant refuses the description.
    """
    for key in _NEEDED:
        if not content.get(key):
            raise InputError(f"{file}: {key} is missing or empty")
    if set(content.get("conformsTo", [])) != {CORE, RAI}:
        raise InputError(f"{file}: conformsTo must name the core and the RAI vocabulary")
    try:
        import mlcroissant
    except ImportError:
        return False
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)  # what is merely recommended is not this function's business
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the RDF library below it
            mlcroissant.Dataset(jsonld=deepcopy(dict(content)))  # it writes into what it is given
    except (mlcroissant.ValidationError, ValueError) as error:
        raise InputError(f"{file}: mlcroissant refuses it: {error}") from None
    finally:
        logging.disable(disabled)
    return True
