CREATE TABLE events (
    session TEXT NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (session, position)
  );
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE oidc (
    model TEXT NOT NULL,
    digest TEXT NOT NULL,
    payload TEXT NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    user_code TEXT,
    uid TEXT,
    PRIMARY KEY (model, digest)
  );
CREATE TABLE sessions (
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    record TEXT NOT NULL
  );
CREATE INDEX oidc_grants ON oidc (grant_id);
CREATE INDEX oidc_uids ON oidc (uid);
CREATE INDEX oidc_user_codes ON oidc (user_code);
INSERT INTO facts VALUES ('schema', '1');
INSERT INTO facts VALUES ('users', 'adastra');
INSERT INTO facts VALUES ('port', '38821');
INSERT INTO sessions VALUES ('io6qcxb9', 'adastra', '{"owner":"adastra","name":"done","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":1,"coresLimit":2,"memory":1073741824,"memoryLimit":4294967296,"fixed":false},"workload":{"cmd":"sh","args":["-c","exit"],"env":[["REPLICA_ID","1"],["REPLICA_COUNT","1"]]},"keepSeconds":3600,"key":"io6qcxb9","id":"io6qcxb9","sequence":1,"createdAt":1795460071372,"life":{"phase":"completed","deadlineSeconds":1209600,"startedAt":1795460071388,"finishedAt":1795460071402.6538,"exitStatus":0}}');
INSERT INTO sessions VALUES ('gw8ni8ci', 'adastra', '{"owner":"adastra","name":"long","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":1,"coresLimit":1,"memory":1073741824,"memoryLimit":1073741824,"fixed":true},"workload":{"cmd":"sleep","args":["6"],"env":[["BAND","r"],["REPLICA_ID","1"],["REPLICA_COUNT","1"]]},"keepSeconds":3600,"key":"gw8ni8ci","id":"gw8ni8ci","sequence":2,"createdAt":1795460073419,"life":{"phase":"running","deadlineSeconds":1209600,"startedAt":1795460073466}}');
INSERT INTO sessions VALUES ('ieyb5jvm', 'adastra', '{"owner":"adastra","name":"waits","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":2,"coresLimit":2,"memory":2147483648,"memoryLimit":2147483648,"fixed":true},"workload":{"cmd":"echo","args":["late"],"env":[["REPLICA_ID","1"],["REPLICA_COUNT","1"]]},"keepSeconds":3600,"key":"ieyb5jvm","id":"ieyb5jvm","sequence":3,"createdAt":1795460073492,"life":{"phase":"queued","deadlineSeconds":1209600}}');
INSERT INTO events VALUES ('io6qcxb9', 0, '{"level":"Normal","reason":"Scheduled","message":"Successfully assigned skaha-workload/skaha-headless-adastra-io6qcxb9 to this machine"}');
INSERT INTO events VALUES ('io6qcxb9', 1, '{"level":"Normal","reason":"Pulled","message":"Image \"images.canfar.net/skaha/terminal:1.1.2\" is not pulled: the process runner uses the programs of this machine","first":1795460071375,"last":1795460071375}');
INSERT INTO events VALUES ('io6qcxb9', 2, '{"level":"Normal","reason":"Created","message":"Created session done","first":1795460071375,"last":1795460071375}');
INSERT INTO events VALUES ('io6qcxb9', 3, '{"level":"Normal","reason":"Started","message":"Started the command","first":1795460071388,"last":1795460071388}');
INSERT INTO events VALUES ('io6qcxb9', 4, '{"level":"Normal","reason":"Completed","message":"The command ended with exit status 0","first":1795460071450,"last":1795460071450}');
INSERT INTO events VALUES ('gw8ni8ci', 0, '{"level":"Normal","reason":"Scheduled","message":"Successfully assigned skaha-workload/skaha-headless-adastra-gw8ni8ci to this machine"}');
INSERT INTO events VALUES ('gw8ni8ci', 1, '{"level":"Normal","reason":"Pulled","message":"Image \"images.canfar.net/skaha/terminal:1.1.2\" is not pulled: the process runner uses the programs of this machine","first":1795460073421,"last":1795460073421}');
INSERT INTO events VALUES ('gw8ni8ci', 2, '{"level":"Normal","reason":"Created","message":"Created session long","first":1795460073421,"last":1795460073421}');
INSERT INTO events VALUES ('gw8ni8ci', 3, '{"level":"Normal","reason":"Started","message":"Started the command","first":1795460073466,"last":1795460073466}');
INSERT INTO events VALUES ('ieyb5jvm', 0, '{"level":"Warning","reason":"FailedScheduling","message":"0/1 nodes are available: waiting for 2 cores and 2 GiB of memory: 1 of 2 cores and 1 GiB of 4 GiB are taken","first":1795460073499,"last":1795460073499}');
