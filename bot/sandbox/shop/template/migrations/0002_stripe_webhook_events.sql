CREATE TABLE stripe_webhook_events (
    event_id text PRIMARY KEY,
    type text NOT NULL,
    order_id bigint REFERENCES orders (id),
    received_at timestamptz NOT NULL DEFAULT now()
);
