-- PostgreSQL: the source
CREATE TABLE IF NOT EXISTS users (
    id SERIAL PRIMARY KEY,
    email VARCHAR(255) UNIQUE NOT NULL,
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    country VARCHAR(3),
    plan_type VARCHAR(20) DEFAULT 'freemium',
    created_at TIMESTAMP DEFAULT NOW(),
    last_login TIMESTAMP,
    is_active BOOLEAN DEFAULT TRUE
);
CREATE TABLE IF NOT EXISTS products (
    id SERIAL PRIMARY KEY,
    merchant_id INT NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    category VARCHAR(100),
    price DECIMAL(10,2) NOT NULL,
    stock_quantity INT DEFAULT 0,
    created_at TIMESTAMP DEFAULT NOW(),
    updated_at TIMESTAMP DEFAULT NOW()
);
CREATE TABLE IF NOT EXISTS orders (
    id SERIAL PRIMARY KEY,
    user_id INT NOT NULL REFERENCES users(id),
    created_at TIMESTAMP DEFAULT NOW(),
    total_amount DECIMAL(10,2) NOT NULL,
    status VARCHAR(20) DEFAULT 'pending',
    country VARCHAR(3),
    payment_method VARCHAR(50)
);
CREATE TABLE IF NOT EXISTS order_items (
    id SERIAL PRIMARY KEY,
    order_id INT NOT NULL REFERENCES orders(id),
    product_id INT NOT NULL REFERENCES products(id),
    quantity INT NOT NULL,
    unit_price DECIMAL(10,2) NOT NULL,
    line_total DECIMAL(10,2) NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    id BIGSERIAL PRIMARY KEY,
    user_id INT REFERENCES users(id),
    event_type VARCHAR(50) NOT NULL,
    event_ts TIMESTAMP DEFAULT NOW(),
    metadata JSONB
);
CREATE TABLE IF NOT EXISTS crm_contacts (
    id SERIAL PRIMARY KEY,
    email VARCHAR(255) UNIQUE NOT NULL,
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    source VARCHAR(100),
    campaign_id VARCHAR(100),
    created_at TIMESTAMP DEFAULT NOW(),
    converted BOOLEAN DEFAULT FALSE,
    converted_at TIMESTAMP
);
CREATE INDEX IF NOT EXISTS idx_users_email ON users (email);
CREATE INDEX IF NOT EXISTS idx_users_country ON users (country);
CREATE INDEX IF NOT EXISTS idx_users_plan_type ON users (plan_type);
CREATE INDEX IF NOT EXISTS idx_products_merchant_id ON products (merchant_id);
CREATE INDEX IF NOT EXISTS idx_products_category ON products (category);
CREATE INDEX IF NOT EXISTS idx_orders_user_id ON orders (user_id);
CREATE INDEX IF NOT EXISTS idx_orders_created_at ON orders (created_at);
CREATE INDEX IF NOT EXISTS idx_orders_status ON orders (status);
CREATE INDEX IF NOT EXISTS idx_order_items_order_id ON order_items (order_id);
CREATE INDEX IF NOT EXISTS idx_order_items_product_id ON order_items (product_id);
CREATE INDEX IF NOT EXISTS idx_events_user_id ON events (user_id);
CREATE INDEX IF NOT EXISTS idx_events_event_type ON events (event_type);
CREATE INDEX IF NOT EXISTS idx_events_event_ts ON events (event_ts);
CREATE INDEX IF NOT EXISTS idx_crm_contacts_email ON crm_contacts (email);
CREATE INDEX IF NOT EXISTS idx_crm_contacts_source ON crm_contacts (source);

-- Snowflake: schema RAW
CREATE TRANSIENT TABLE IF NOT EXISTS RAW.USERS (
    id NUMBER(38,0),
    email VARCHAR(255),
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    country VARCHAR(3),
    plan_type VARCHAR(20),
    created_at TIMESTAMP_NTZ(9),
    last_login TIMESTAMP_NTZ(9),
    is_active BOOLEAN,
    _partition_date DATE,
    _source_file VARCHAR,
    _loaded_at TIMESTAMP_NTZ(9) DEFAULT SYSDATE()
) DATA_RETENTION_TIME_IN_DAYS = 1;
CREATE TRANSIENT TABLE IF NOT EXISTS RAW.PRODUCTS (
    id NUMBER(38,0),
    merchant_id NUMBER(38,0),
    name VARCHAR(255),
    description VARCHAR,
    category VARCHAR(100),
    price NUMBER(10,2),
    stock_quantity NUMBER(38,0),
    created_at TIMESTAMP_NTZ(9),
    updated_at TIMESTAMP_NTZ(9),
    _partition_date DATE,
    _source_file VARCHAR,
    _loaded_at TIMESTAMP_NTZ(9) DEFAULT SYSDATE()
) DATA_RETENTION_TIME_IN_DAYS = 1;
CREATE TRANSIENT TABLE IF NOT EXISTS RAW.ORDERS (
    id NUMBER(38,0),
    user_id NUMBER(38,0),
    created_at TIMESTAMP_NTZ(9),
    total_amount NUMBER(10,2),
    status VARCHAR(20),
    country VARCHAR(3),
    payment_method VARCHAR(50),
    _partition_date DATE,
    _source_file VARCHAR,
    _loaded_at TIMESTAMP_NTZ(9) DEFAULT SYSDATE()
) DATA_RETENTION_TIME_IN_DAYS = 1;
CREATE TRANSIENT TABLE IF NOT EXISTS RAW.ORDER_ITEMS (
    id NUMBER(38,0),
    order_id NUMBER(38,0),
    product_id NUMBER(38,0),
    quantity NUMBER(38,0),
    unit_price NUMBER(10,2),
    line_total NUMBER(10,2),
    _partition_date DATE,
    _source_file VARCHAR,
    _loaded_at TIMESTAMP_NTZ(9) DEFAULT SYSDATE()
) DATA_RETENTION_TIME_IN_DAYS = 1;
CREATE TRANSIENT TABLE IF NOT EXISTS RAW.EVENTS (
    id NUMBER(38,0),
    user_id NUMBER(38,0),
    event_type VARCHAR(50),
    event_ts TIMESTAMP_NTZ(9),
    metadata VARIANT,
    _partition_date DATE,
    _source_file VARCHAR,
    _loaded_at TIMESTAMP_NTZ(9) DEFAULT SYSDATE()
) DATA_RETENTION_TIME_IN_DAYS = 1;
CREATE TRANSIENT TABLE IF NOT EXISTS RAW.CRM_CONTACTS (
    id NUMBER(38,0),
    email VARCHAR(255),
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    source VARCHAR(100),
    campaign_id VARCHAR(100),
    created_at TIMESTAMP_NTZ(9),
    converted BOOLEAN,
    converted_at TIMESTAMP_NTZ(9),
    _partition_date DATE,
    _source_file VARCHAR,
    _loaded_at TIMESTAMP_NTZ(9) DEFAULT SYSDATE()
) DATA_RETENTION_TIME_IN_DAYS = 1;
CREATE TABLE IF NOT EXISTS RAW._LOAD_LOG (
    table_name VARCHAR NOT NULL,
    partition_date DATE,
    load_id VARCHAR NOT NULL,
    row_count NUMBER(38,0) NOT NULL,
    checksum VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    documents VARCHAR,
    method VARCHAR NOT NULL,
    server_version NUMBER(38,0) NOT NULL,
    etags VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    start_date DATE NOT NULL,
    loaded_at TIMESTAMP_NTZ(9) NOT NULL,
    is_complete BOOLEAN
);
ALTER TABLE RAW._LOAD_LOG ADD COLUMN IF NOT EXISTS documents VARCHAR;
ALTER TABLE RAW._LOAD_LOG ADD COLUMN IF NOT EXISTS is_complete BOOLEAN;
CREATE TABLE IF NOT EXISTS RAW._VERSION (
    version NUMBER(38,0)
);
MERGE INTO RAW._VERSION AS v USING (SELECT 1 AS version) AS t ON TRUE WHEN NOT MATCHED THEN INSERT (version) VALUES (t.version);
CREATE TRANSIENT TABLE IF NOT EXISTS RAW._CHANGE_FEED (
    source VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    written_at TIMESTAMP_NTZ(9) NOT NULL
) DATA_RETENTION_TIME_IN_DAYS = 1;
CREATE TRANSIENT TABLE IF NOT EXISTS RAW._LOAD_LOCK_USERS (
    table_name VARCHAR,
    locked_by VARCHAR,
    locked_at TIMESTAMP_NTZ(9)
) DATA_RETENTION_TIME_IN_DAYS = 1;
MERGE INTO RAW._LOAD_LOCK_USERS AS l USING (SELECT 'users' AS table_name) AS t ON l.table_name = t.table_name WHEN NOT MATCHED THEN INSERT (table_name) VALUES (t.table_name);
CREATE TRANSIENT TABLE IF NOT EXISTS RAW._LOAD_LOCK_PRODUCTS (
    table_name VARCHAR,
    locked_by VARCHAR,
    locked_at TIMESTAMP_NTZ(9)
) DATA_RETENTION_TIME_IN_DAYS = 1;
MERGE INTO RAW._LOAD_LOCK_PRODUCTS AS l USING (SELECT 'products' AS table_name) AS t ON l.table_name = t.table_name WHEN NOT MATCHED THEN INSERT (table_name) VALUES (t.table_name);
CREATE TRANSIENT TABLE IF NOT EXISTS RAW._LOAD_LOCK_ORDERS (
    table_name VARCHAR,
    locked_by VARCHAR,
    locked_at TIMESTAMP_NTZ(9)
) DATA_RETENTION_TIME_IN_DAYS = 1;
MERGE INTO RAW._LOAD_LOCK_ORDERS AS l USING (SELECT 'orders' AS table_name) AS t ON l.table_name = t.table_name WHEN NOT MATCHED THEN INSERT (table_name) VALUES (t.table_name);
CREATE TRANSIENT TABLE IF NOT EXISTS RAW._LOAD_LOCK_ORDER_ITEMS (
    table_name VARCHAR,
    locked_by VARCHAR,
    locked_at TIMESTAMP_NTZ(9)
) DATA_RETENTION_TIME_IN_DAYS = 1;
MERGE INTO RAW._LOAD_LOCK_ORDER_ITEMS AS l USING (SELECT 'order_items' AS table_name) AS t ON l.table_name = t.table_name WHEN NOT MATCHED THEN INSERT (table_name) VALUES (t.table_name);
CREATE TRANSIENT TABLE IF NOT EXISTS RAW._LOAD_LOCK_EVENTS (
    table_name VARCHAR,
    locked_by VARCHAR,
    locked_at TIMESTAMP_NTZ(9)
) DATA_RETENTION_TIME_IN_DAYS = 1;
MERGE INTO RAW._LOAD_LOCK_EVENTS AS l USING (SELECT 'events' AS table_name) AS t ON l.table_name = t.table_name WHEN NOT MATCHED THEN INSERT (table_name) VALUES (t.table_name);
CREATE TRANSIENT TABLE IF NOT EXISTS RAW._LOAD_LOCK_CRM_CONTACTS (
    table_name VARCHAR,
    locked_by VARCHAR,
    locked_at TIMESTAMP_NTZ(9)
) DATA_RETENTION_TIME_IN_DAYS = 1;
MERGE INTO RAW._LOAD_LOCK_CRM_CONTACTS AS l USING (SELECT 'crm_contacts' AS table_name) AS t ON l.table_name = t.table_name WHEN NOT MATCHED THEN INSERT (table_name) VALUES (t.table_name);
