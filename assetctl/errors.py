"""The error tree and the exit codes.

    AssetctlError
      InputError        the user's file, flag or answer is not usable            exit 2
      Refusal           the gate says no; a result that is recorded, not a crash
      WireError         the device's bytes are not what the protocol allows; the outcome becomes "garbled"
      EnvironmentFault  this machine lacks something: a program, a permission, a lock   exit 7
      SecretFault       a credential is missing, unreadable or too widely readable      exit 8
      IntegrityFault    stored evidence does not match its digests                      exit 9
      SafetyStop        a rule on the wire ended the work                               exit 10

Silence is not an error: it is an outcome of an exchange.
"""

import errno
import os
from enum import IntEnum

SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EROFS})


class Exit(IntEnum):
    """What a command tells its caller. Of several, the first in `PRECEDENCE` wins."""

    DONE = 0
    BUG = 1
    USAGE = 2
    FINDINGS = 3
    DRIFT = 4
    PARTIAL = 5
    NOTHING = 6
    ENVIRONMENT = 7
    SECRET = 8
    INTEGRITY = 9
    SAFETY = 10
    INTERRUPTED = 130
    TERMINATED = 143


PRECEDENCE = (
    Exit.TERMINATED,
    Exit.INTERRUPTED,
    Exit.SAFETY,
    Exit.INTEGRITY,
    Exit.BUG,
    Exit.USAGE,
    Exit.ENVIRONMENT,
    Exit.SECRET,
    Exit.FINDINGS,
    Exit.DRIFT,
    Exit.PARTIAL,
    Exit.NOTHING,
)


def worst(*codes: Exit) -> Exit:
    """The code that a run with all of these outcomes returns; DONE when there are none."""
    return next((code for code in PRECEDENCE if code in codes), Exit.DONE)


def lacking(fault: BaseException | None) -> str:
    """What this machine has run out of, in the system's words, when that is at the root of a fault; else ""."""
    while fault is not None:
        if isinstance(fault, MemoryError):
            return os.strerror(errno.ENOMEM)
        if isinstance(fault, OSError) and fault.errno in SCARCE:
            return os.strerror(fault.errno)
        if isinstance(fault, ImportError) and os.strerror(errno.EMFILE) in str(fault):  # of a compiled module
            return os.strerror(errno.EMFILE)
        fault = fault.__cause__ or fault.__context__
    return ""


class AssetctlError(Exception):
    """Everything this program raises on purpose."""

    exit = Exit.BUG


class InputError(AssetctlError):
    """A file, flag or answer of the user's cannot be used: says what, where, and what to do."""

    exit = Exit.USAGE


class Refusal(AssetctlError):
    """The gate or a vet does not let a unit leave. The text is the reason that plan and evidence show."""

    exit = Exit.SAFETY


class WireError(AssetctlError):
    """Bytes from a device break their protocol, or answer another question."""


class EnvironmentFault(AssetctlError):
    """This machine lacks a program, a permission, room, or the lock."""

    exit = Exit.ENVIRONMENT


class SecretFault(AssetctlError):
    """A secret is missing, wrong, or readable by others."""

    exit = Exit.SECRET


class IntegrityFault(AssetctlError):
    """Stored evidence is not what was stored."""

    exit = Exit.INTEGRITY


class SafetyStop(AssetctlError):
    """A rule on the wire ended the work; nothing more is sent."""

    exit = Exit.SAFETY
