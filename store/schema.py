"""The ledger's tables. The version says which program can read them."""

from __future__ import annotations

from store.keywords import TOKENIZER

# Abstracts whose links LaTeX hides behind other words, so that the keyword index doesn't know them.
HIDDEN_LINKS = r"instr(abstract, '\href') > 0"

VERSION = 1

STATEMENTS = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # `row` grows with age: where two papers turn out to be one, the lower row stays.
    # `readable` and `names` are what people read and search: no LaTeX, white space folded.
    """
    CREATE TABLE papers (
        row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        abstract TEXT NOT NULL, readable TEXT NOT NULL, names TEXT NOT NULL,
        label TEXT NOT NULL, label_derived INTEGER NOT NULL, title TEXT,
        arxiv_id TEXT, doi TEXT, url TEXT, authors TEXT NOT NULL, categories TEXT NOT NULL,
        created TEXT, updated TEXT, comment TEXT, venue TEXT, sources TEXT NOT NULL
    )
    """,
    "CREATE INDEX papers_by_label ON papers (label COLLATE NOCASE)",
    # Every record as its source gave it; `value` is JSON without the source, `hash` its SHA-256.
    """
    CREATE TABLE records (
        row INTEGER PRIMARY KEY AUTOINCREMENT, paper INTEGER NOT NULL REFERENCES papers (row),
        source TEXT NOT NULL, line INTEGER NOT NULL, hash TEXT NOT NULL, value TEXT NOT NULL
    )
    """,
    "CREATE INDEX records_by_paper ON records (paper, source)",
    "CREATE INDEX records_by_source ON records (source, hash)",
    # What a paper is recognised by, and the ids it had before it was recognised as another.
    "CREATE TABLE keys (key TEXT PRIMARY KEY, paper INTEGER NOT NULL REFERENCES papers (row)) WITHOUT ROWID",
    "CREATE INDEX keys_by_paper ON keys (paper)",
    """
    CREATE TABLE aliases (
        id TEXT PRIMARY KEY, paper INTEGER NOT NULL REFERENCES papers (row)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX aliases_by_paper ON aliases (paper)",
    """
    CREATE TABLE sentences (
        row INTEGER PRIMARY KEY AUTOINCREMENT, paper INTEGER NOT NULL REFERENCES papers (row),
        number INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, readable TEXT NOT NULL,
        UNIQUE (paper, number)
    )
    """,
    # Vectors are float32, little-endian as every machine we run on, of length 1.
    """
    CREATE TABLE embedders (
        row INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL, dimension INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE vectors (
        paper INTEGER NOT NULL REFERENCES papers (row), embedder INTEGER NOT NULL REFERENCES embedders (row),
        vector BLOB NOT NULL, PRIMARY KEY (paper, embedder)
    )
    """,
    """
    CREATE TABLE sentence_vectors (
        sentence INTEGER NOT NULL REFERENCES sentences (row) ON DELETE CASCADE,
        embedder INTEGER NOT NULL REFERENCES embedders (row), vector BLOB NOT NULL,
        PRIMARY KEY (sentence, embedder)
    )
    """,
    # What the vector index has not heard yet: written in the transaction that changes a vector, crossed out
    # once the index has it. A kill in between repeats a message; it loses none.
    "CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL)",
    """
    CREATE TRIGGER vector_made AFTER INSERT ON vectors BEGIN
        INSERT INTO outbox (id) SELECT id FROM papers WHERE row = new.paper;
    END
    """,
    """
    CREATE TRIGGER vector_gone AFTER DELETE ON vectors BEGIN
        INSERT INTO outbox (id) SELECT id FROM papers WHERE row = old.paper;
    END
    """,
    # The keyword index reads its text from `papers` and follows it in the same transaction.
    f"""
    CREATE VIRTUAL TABLE words USING fts5 (
        names, readable, content='papers', content_rowid='row', tokenize='{TOKENIZER}'
    )
    """,
    "CREATE VIRTUAL TABLE terms USING fts5vocab (words, 'row')",
    """
    CREATE TRIGGER paper_added AFTER INSERT ON papers BEGIN
        INSERT INTO words (rowid, names, readable) VALUES (new.row, new.names, new.readable);
    END
    """,
    """
    CREATE TRIGGER paper_gone AFTER DELETE ON papers BEGIN
        INSERT INTO words (words, rowid, names, readable) VALUES ('delete', old.row, old.names, old.readable);
    END
    """,
    """
    CREATE TRIGGER paper_changed AFTER UPDATE OF names, readable ON papers
    WHEN old.names IS NOT new.names OR old.readable IS NOT new.readable BEGIN
        INSERT INTO words (words, rowid, names, readable) VALUES ('delete', old.row, old.names, old.readable);
        INSERT INTO words (rowid, names, readable) VALUES (new.row, new.names, new.readable);
    END
    """,
    f"PRAGMA user_version = {VERSION}",
)

# What nearly identical abstracts are found by (`resemblance`): made by the first ingest that finds them
# missing, in a new collection or in one of an older program.
SKETCHES = (
    """
    CREATE TABLE IF NOT EXISTS sketches (
        hash INTEGER NOT NULL, paper INTEGER NOT NULL, PRIMARY KEY (hash, paper)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS sketches_by_paper ON sketches (paper)",
)

# Where the names of relative sources began: two files may share such a name. Made by the first ingest.
PLACES = """
    CREATE TABLE IF NOT EXISTS places (
        source TEXT NOT NULL, folder TEXT NOT NULL, PRIMARY KEY (source, folder)
    ) WITHOUT ROWID
"""

# Made with the tables, and by the next ingest of an older collection: every version of the program can read
# and write with or without them.
INDEXES = (
    # All that questions to the whole collection ask of a paper beside its text, in one place: 3 % of the file
    # at 105,227 papers, and a count over them takes 7 ms instead of 184.
    """
    CREATE INDEX IF NOT EXISTS papers_facts ON papers (
        created DESC, label COLLATE NOCASE, id, title, arxiv_id, doi, url, authors, categories, comment, venue
    )
    """,
    f"CREATE INDEX IF NOT EXISTS papers_hidden_links ON papers (row) WHERE {HIDDEN_LINKS}",
)
