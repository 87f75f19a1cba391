"""Files from outside, kept within limits: how long and how large their reading may get, and what their parts may hold.

Never lets a file decide how much memory, time or disk it takes.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import multiprocessing
import pickle
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from migpack.collect.returned import Unreadable
from migpack.problems import MigpackError

_MOST_PARTS = 2_000
_MOST_BYTES = 100_000_000  # of a file with all its parts inflated
_MOST_RATIO = 400  # inflated to packed, for parts that matter
_SMALL_BYTES = 1_000_000
_STEP_BYTES = 1 << 16
_DAMAGED = "the file is damaged, or no file that can be read \N{EM DASH} save it again and send that file"
_Read = TypeVar("_Read")


def guarded(read: Callable[..., _Read], *args: Any, seconds: float, megabytes: int) -> _Read:
    """Return what a reader makes of its arguments; it works in a process of its own, which is ended where it wants too much.

    Args:
        read: a function of a module; its result goes through a pipe.
        args: what it is given.
        seconds: how long it may take.
        megabytes: how much memory it may take besides what this process has, and how large its result may be.

    Raises:
        Unreadable: the limits were broken, or the process died.
        MigpackError: as the reader raises it.
    """
    ways = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if "fork" in ways else "spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(theirs, read, args, seconds, megabytes), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads: the child starts none and takes no lock of theirs
        child.start()
    theirs.close()
    try:
        good, told = pickle.loads(_received(ours, time.monotonic() + seconds, megabytes << 20))
    finally:
        child.kill()
        child.join()
        ours.close()
    if good:
        result: _Read = told
        return result
    raise told


def _received(ours: Connection, end: float, most: int) -> bytes:
    held = bytearray()
    while True:
        if not ours.poll(max(0.0, end - time.monotonic())):
            raise _too_heavy()
        try:
            step = ours.recv_bytes()
        except EOFError:
            raise _too_heavy() from None
        if not step:
            return bytes(held)
        held += step
        if len(held) > most:
            raise _too_heavy()


def _work(theirs: Connection, read: Callable[..., Any], args: tuple[Any, ...], seconds: float, megabytes: int) -> None:
    """Read, in the process that may be ended at any time, and send what came of it in small pieces, the last of them empty."""
    logging.disable()
    warnings.simplefilter("ignore")
    _limit(seconds, megabytes)
    try:
        told: tuple[bool, Any] = True, read(*args)
    except MigpackError as error:
        told = False, error
    except MemoryError:
        told = False, _too_heavy()
    except Exception:
        told = False, Unreadable(_DAMAGED)
    data = pickle.dumps(told)
    for start in range(0, len(data), _STEP_BYTES):
        theirs.send_bytes(data[start : start + _STEP_BYTES])
    theirs.send_bytes(b"")


def _limit(seconds: float, megabytes: int) -> None:
    """Limit this process where the system can; the time on the clock is limited everywhere."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_CPU: math.ceil(seconds) + 1, resource.RLIMIT_AS: _taken() + (megabytes << 20)}
    for kind, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # not every system lets every limit be set
            resource.setrlimit(kind, (most, most))


def _taken() -> int:
    """Return how many bytes of address space this process has, as far as the system tells."""
    import resource

    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 1 << 30


def _too_heavy() -> Unreadable:
    return Unreadable("the file takes more time or memory to read than any form of ours \N{EM DASH} save it again and send that file")


def unpack(data: bytes, what: str) -> dict[str, bytes]:
    """Return the parts of a zipped file; `what` names it for people ('Word file').

    Raises:
        Unreadable: it is damaged, or grows beyond all measure.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise _too_large(what)
            left, parts = _MOST_BYTES, {}
            for entry in entries:
                parts[entry.filename] = _inflated(packed, entry, left, what)
                left -= len(parts[entry.filename])
            return parts
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, KeyError):
        raise Unreadable(f"this is no {what}, or a damaged one \N{EM DASH} save it again and send that file") from None


def _inflated(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, what: str) -> bytes:
    """Return a part, inflated step by step: what it says of its size may be a lie."""
    held = bytearray()
    with packed.open(entry) as part:
        while step := part.read(_STEP_BYTES):
            held += step
            if len(held) > left or len(held) > max(_SMALL_BYTES, _MOST_RATIO * entry.compress_size):
                raise _too_large(what)
    return bytes(held)


def _too_large(what: str) -> Unreadable:
    return Unreadable(
        f"the {what} unpacks to more than any form of ours \N{EM DASH} save it again without large pictures and send that file"
    )


def parse(data: bytes) -> Any:
    """Return XML as an element.

    Raises:
        Unreadable: it is damaged, or defines or refers to anything outside itself.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("the file is damaged \N{EM DASH} open it, save it again and send that file") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("the file holds a document type, which no form of ours has \N{EM DASH} open it, save it again and send that file")
    return root
