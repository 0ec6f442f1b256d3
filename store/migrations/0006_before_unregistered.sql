-- Who called without being registered, by source: more than ten devices in five minutes become one case (invariant 4).
CREATE TABLE unregistered_caller (
    source    text NOT NULL,
    device_id integer NOT NULL REFERENCES device (id),
    called_at timestamptz NOT NULL,
    PRIMARY KEY (source, device_id)
);
CREATE INDEX unregistered_caller_lately ON unregistered_caller (source, called_at);
