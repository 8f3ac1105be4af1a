CREATE TABLE customer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(100) NOT NULL UNIQUE,
    version INTEGER NOT NULL
);
CREATE TABLE purchase (
    id BIGINT PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    article VARCHAR(100) NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0)
);
