#!/usr/bin/env python3
"""A connector for Writ: accounts and groups as files, one JSON file each.

The protocol is in server/fulfil/exec/README.md. Put this file into the folder that the server was started with (--programs), and give a connection
of the package exec the settings program: people.py and option.directory: the folder that holds the files.

Every change looks first and writes what is missing, so that one that comes again is answered with ALREADY_SO. A file is written beside the old one
and put in its place, so that whoever reads sees the old one or the new one and never half of one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import sys

TABLES = {
    "account": {"columns": ["login", "emp", "name", "mail", "dept", "groups"], "key": "login", "unique": "mail", "links": "groups"},
    "grp": {"columns": ["name"], "key": "name", "unique": None, "links": None},
}


class Answer(Exception):
    """An outcome, and what a person reads."""

    def __init__(self, outcome, message="", **more):
        super().__init__(message)
        self.content = {"outcome": outcome, "message": message, **more}


class Store:
    def __init__(self, directory, table):
        self.folder = os.path.join(directory, table)
        self.table = TABLES[table]
        if not os.path.isdir(directory):
            raise Answer("UNREACHABLE", "The folder of the people is not there.")
        os.makedirs(self.folder, exist_ok=True)

    def path(self, key):  # a key may hold anything, a name of a file may not
        return os.path.join(self.folder, hashlib.sha256(key.encode()).hexdigest() + ".json")

    @contextlib.contextmanager
    def locked(self):
        with open(os.path.join(self.folder, ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the process ends, however it does
            yield

    def get(self, key):
        try:
            with open(self.path(key), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def put(self, row):
        path = self.path(row[self.table["key"]])
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(row, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".new", path)

    def remove(self, key):
        os.remove(self.path(key))

    def all(self):
        for entry in sorted(os.listdir(self.folder)):
            if entry.endswith(".json"):
                try:
                    with open(os.path.join(self.folder, entry), encoding="utf-8") as file:
                        yield json.load(file)
                except FileNotFoundError:  # went away meanwhile
                    pass

    def as_shown(self, row):
        return {column: row.get(column) or ([] if column == self.table["links"] else None) for column in self.table["columns"]}

    def add(self, key, row):
        if not key:
            raise Answer("REFUSED", "An account needs a " + self.table["key"] + ".")
        old = self.get(key)
        if old is not None:
            if all((old.get(c) or None) == (v or None) for c, v in row.items() if c != self.table["links"]) and set(row.get(self.table["links"]) or []) <= set(old.get(self.table["links"]) or []):
                raise Answer("ALREADY_SO", createdKey=key)
            raise Answer("CONFLICT", "There is an account of that name, with other values.")
        self.unique(key, row)
        self.put(row)
        raise Answer("DONE", createdKey=key)

    def modify(self, key, changes, added, removed):
        old = self.get(key)
        if old is None:
            raise Answer("NOT_FOUND", "There is no account of that name.")
        new = dict(old)
        new.update(changes)
        links = self.table["links"]
        if links:
            new[links] = sorted(set(new.get(links) or []) - removed | added)
        if self.as_shown(new) == self.as_shown(old):
            raise Answer("ALREADY_SO")
        to = new[self.table["key"]]
        if not to:
            raise Answer("REFUSED", "An account keeps a name.")
        there = self.get(to) if to != key else None
        if there is not None and self.as_shown(there) != self.as_shown(new):  # else we were killed between the two steps below
            raise Answer("CONFLICT", "There is another account of the new name.")
        self.unique(key, new)
        self.put(new)
        if to != key:
            self.remove(key)
        raise Answer("DONE")

    def delete(self, key):
        if self.get(key) is None:
            raise Answer("ALREADY_SO")
        self.remove(key)
        raise Answer("DONE")

    def unique(self, key, row):
        column = self.table["unique"]
        if column and row.get(column):
            for other in self.all():
                if other.get(column) == row[column] and other[self.table["key"]] != key:
                    raise Answer("CONFLICT", "Another account has that " + column + ".")


def keys(change, which, column):
    return {link["Key"] for link in change.get(which, {}).get(column, [])}


def apply(directory, change):
    if change["Table"] not in TABLES:
        raise Answer("REFUSED", "There is no table " + change["Table"] + ".")
    store = Store(directory, change["Table"])
    links = store.table["links"]
    changes = dict(change.get("Changes", {}))
    if links in changes:  # the whole value as one text: its lines
        changes[links] = sorted((changes[links] or "").split("\n")) if changes[links] else []
    added, removed = keys(change, "ChangesAdded", links), keys(change, "ChangesRemoved", links)
    kind = change["ChangeType"]
    with store.locked():
        if kind == "Added":
            if links:
                changes[links] = sorted(set(changes.get(links) or []) | added)
            store.add(changes.get(store.table["key"]) or change.get("Key"), changes)
        elif kind == "Modified":
            store.modify(change["Key"], changes, added, removed)
        elif kind == "Deleted":
            store.delete(change["Key"])
    raise Answer("REFUSED", "There is no change " + kind + ".")


def write(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()  # each answer counts as soon as it is out


def main():
    directory = os.environ.get("WRIT_OPTION_DIRECTORY", "")
    asked = json.loads(sys.stdin.buffer.readline())
    verb = asked["verb"]
    if verb == "describe":
        tables = [{"name": name, "columns": table["columns"]} for name, table in TABLES.items()]
        write({"protocol": 1, "name": "people in files", "verbs": ["check", "export", "read", "apply"], "tables": tables})
    elif verb == "check":
        if not os.path.isdir(directory):
            raise Answer("UNREACHABLE", "The folder of the people is not there.")
    elif verb == "export":
        store = Store(directory, asked["table"])
        with store.locked():  # else somebody who is being renamed may stand under neither key
            rows = list(store.all())
        for row in rows:
            write({"row": store.as_shown(row)})
        write({"complete": True, "rows": len(rows)})
    elif verb == "read":
        store = Store(directory, asked["table"])
        row = store.get(asked["key"])
        write({"found": False} if row is None else {"found": True, "row": store.as_shown(row)})
    elif verb == "apply":
        for line in sys.stdin.buffer:
            change = json.loads(line)
            try:
                apply(directory, change)
            except Answer as answer:
                write({"change": change["change"], **answer.content})
    else:
        raise Answer("REFUSED", "There is no verb " + verb + ".")


try:
    main()
except Answer as answer:  # describe, check, export and read say it with error
    write({"error": answer.content["message"]})
    sys.exit(1)
