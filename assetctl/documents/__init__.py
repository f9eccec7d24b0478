"""Files that people write, read strictly and within bounds: YAML in which every scalar stays text, TOML, JSON, lines.

A plain YAML loader makes numbers of MAC addresses, versions and serials and a flag of "no"; here 0123, 1e3 and no are
the text that stands in the file. What a value means is decided by the form it is put into.

Every error is an InputError of the shape "file:line: what is expected, what was found; what to do".
"""

from assetctl.documents.document import MOST_DEPTH, Document, Way
from assetctl.documents.files import MOST_BYTES, read_text_lines, yaml_in
from assetctl.documents.plain_json import read_json
from assetctl.documents.plain_toml import read_toml
from assetctl.documents.plain_yaml import parse_yaml, read_yaml
from assetctl.documents.yaml_tree import MOST_VALUES

__all__ = [
    "MOST_BYTES",
    "MOST_DEPTH",
    "MOST_VALUES",
    "Document",
    "Way",
    "parse_yaml",
    "read_json",
    "read_text_lines",
    "read_toml",
    "read_yaml",
    "yaml_in",
]
