"""Every simple type, in and out."""

import datetime
import typing

from sdk import task


@task
def simple(
    a: int, b: float, c: str, d: bool, e: datetime.datetime, f: datetime.timedelta, g: datetime.date
) -> typing.Tuple[int, float, str, bool, datetime.datetime, datetime.timedelta]:
    return a, b, c, d, e, f
