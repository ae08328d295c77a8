"""Values made once and kept: the node's own secrets, such as the devices' common password."""

from collections.abc import Callable

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from tongshi.db.connect import writing
from tongshi.db.fault import translate
from tongshi.db.tables import kept_values
from tongshi.db.upsert import upsert


def keep(engine: Engine, name: str, make: Callable[[], str]) -> str:
    """Return the value kept under *name*; at the first call it is made and stored durably.

    For the start of a node, before its writer runs.  Raises Exhausted when the store cannot be
    written.
    """
    found = select(kept_values.c.value).where(kept_values.c.name == name)
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(**writing(durable=True))
            with connection.begin():
                upsert(connection, kept_values, [{"name": name, "value": make()}], update=())
                return str(connection.execute(found).scalar_one())
    except SQLAlchemyError as error:
        raise translate(error) from error
