-- What is still to be said in a thread: later lines wait for earlier ones.
CREATE INDEX posts_thread_open ON posts (thread_key) WHERE kind = 'thread' AND state IN ('intended', 'unknown');
