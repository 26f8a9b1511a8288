/** Marks the file as a store of this package: "BOTS". */
export const APPLICATION_ID = 0x424f5453

/**
 * The schema, one step a version: `PRAGMA user_version` counts how many a file has been through. Steps that were published never change.
 *
 * Texts compare by their UTF-8 bytes (BINARY). Payloads, progress, results and values are JSON text. Every index ends in the row's number, so a
 * condition on its columns reads rows in their order without sorting. `seq` never names a second row (AUTOINCREMENT): a late write to a removed one
 * must not meet another.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    lane TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    trace TEXT,
    state TEXT NOT NULL DEFAULT 'ready',
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER,
    error TEXT,
    result TEXT,
    payload TEXT NOT NULL,
    raw BLOB
  );
  CREATE INDEX inbox_state ON inbox (state);
  CREATE INDEX inbox_source ON inbox (source, state);
  CREATE INDEX inbox_finished ON inbox (finished_at) WHERE state = 'done';

  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    instance TEXT NOT NULL,
    lane TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    trace TEXT,
    state TEXT NOT NULL DEFAULT 'ready',
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER,
    error TEXT,
    progress TEXT NOT NULL DEFAULT 'null',
    payload TEXT NOT NULL
  );
  CREATE INDEX outbox_state ON outbox (state);
  CREATE INDEX outbox_instance ON outbox (instance, state);
  CREATE INDEX outbox_finished ON outbox (finished_at) WHERE state = 'done';

  CREATE TABLE entry (
    ns TEXT NOT NULL,
    key TEXT NOT NULL,
    expires_at INTEGER,
    value TEXT NOT NULL,
    PRIMARY KEY (ns, key)
  );
  CREATE INDEX entry_expires ON entry (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE blob (
    id TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    data BLOB NOT NULL
  );
  CREATE INDEX blob_created ON blob (created_at, id);

  -- Which outbox rows keep a blob alive; filled when the row is added.
  CREATE TABLE blob_reference (
    blob TEXT NOT NULL,
    outbox INTEGER NOT NULL,
    PRIMARY KEY (blob, outbox)
  ) WITHOUT ROWID;
  CREATE INDEX blob_reference_outbox ON blob_reference (outbox);
  CREATE TRIGGER outbox_deleted AFTER DELETE ON outbox BEGIN
    DELETE FROM blob_reference WHERE outbox = old.seq;
  END;

  CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    token INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  );
  `,
]
