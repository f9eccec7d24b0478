"""OT and IT asset inventory that does no harm, explains every value and never passes without evidence."""

__version__ = "0.1.0.dev0"
