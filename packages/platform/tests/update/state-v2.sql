CREATE TABLE sessions (
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    record TEXT NOT NULL
  );
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
CREATE INDEX oidc_grants ON oidc (grant_id);
CREATE INDEX oidc_user_codes ON oidc (user_code);
CREATE INDEX oidc_uids ON oidc (uid);
INSERT INTO facts VALUES ('schema', '2');
INSERT INTO facts VALUES ('users', 'adastra');
INSERT INTO facts VALUES ('port', '43063');
INSERT INTO sessions VALUES ('swmdsa8o', 'adastra', '{"owner":"adastra","name":"done","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":1,"coresLimit":2,"memory":1073741824,"memoryLimit":4294967296,"fixed":false},"workload":{"cmd":"sh","args":["-c","exit"],"env":[]},"keepSeconds":1000000000,"key":"swmdsa8o","id":"swmdsa8o","sequence":1,"createdAt":1796030889646,"life":{"phase":"completed","deadlineSeconds":1000000000,"admittedAt":1796030889648,"turn":0,"startedAt":1796030889653,"finishedAt":1796030889673.6064,"exitStatus":0}}');
INSERT INTO sessions VALUES ('ejdt8w6j', 'adastra', '{"owner":"adastra","name":"long","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":1,"coresLimit":1,"memory":1073741824,"memoryLimit":1073741824,"fixed":true},"workload":{"cmd":"sh","args":["long.sh"],"env":[["BAND","r"]]},"keepSeconds":1000000000,"key":"ejdt8w6j","id":"ejdt8w6j","sequence":3,"createdAt":1796030891177,"life":{"phase":"running","deadlineSeconds":1000000000,"admittedAt":1796030891180,"turn":1,"startedAt":1796030891186}}');
INSERT INTO sessions VALUES ('h2kq7v0a', 'adastra', '{"owner":"adastra","name":"short","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":1,"coresLimit":1,"memory":1073741824,"memoryLimit":1073741824,"fixed":true},"workload":{"cmd":"sh","args":["long.sh"],"env":[["BAND","r"]]},"keepSeconds":1000000000,"key":"h2kq7v0a","id":"h2kq7v0a","sequence":4,"createdAt":1796030891177,"life":{"phase":"running","deadlineSeconds":1000000000,"admittedAt":1796030891180,"turn":1,"startedAt":1796030891186}}');
INSERT INTO sessions VALUES ('p9x3m5wd', 'adastra', '{"owner":"adastra","name":"lost","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":1,"coresLimit":1,"memory":1073741824,"memoryLimit":1073741824,"fixed":true},"workload":{"cmd":"sh","args":["long.sh"],"env":[["BAND","r"]]},"keepSeconds":1000000000,"key":"p9x3m5wd","id":"p9x3m5wd","sequence":5,"createdAt":1796030891177,"life":{"phase":"running","deadlineSeconds":1000000000,"admittedAt":1796030891180,"turn":1,"startedAt":1796030891186}}');
INSERT INTO sessions VALUES ('c4t8y1ru', 'adastra', '{"owner":"adastra","name":"endless","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":1,"coresLimit":1,"memory":1073741824,"memoryLimit":1073741824,"fixed":true},"workload":{"cmd":"sh","args":["long.sh"],"env":[["BAND","r"]]},"keepSeconds":1000000000,"key":"c4t8y1ru","id":"c4t8y1ru","sequence":6,"createdAt":1796030891177,"life":{"phase":"running","deadlineSeconds":1000000000,"admittedAt":1796030891180,"turn":1,"startedAt":1796030891186}}');
INSERT INTO sessions VALUES ('t5hop8o1', 'adastra', '{"owner":"adastra","name":"waits","kind":"headless","image":"images.canfar.net/skaha/terminal:1.1.2","resources":{"cores":2,"coresLimit":2,"memory":2147483648,"memoryLimit":2147483648,"fixed":true},"workload":{"cmd":"echo","args":["late"],"env":[]},"keepSeconds":1000000000,"key":"t5hop8o1","id":"t5hop8o1","sequence":7,"createdAt":1796030892690,"life":{"phase":"queued","deadlineSeconds":1000000000}}');
INSERT INTO events VALUES ('swmdsa8o', 0, '{"level":"Normal","reason":"Scheduled","message":"Successfully assigned skaha-workload/skaha-headless-adastra-swmdsa8o to this machine"}');
INSERT INTO events VALUES ('swmdsa8o', 1, '{"level":"Normal","reason":"Pulled","message":"Image \"images.canfar.net/skaha/terminal:1.1.2\" is not pulled: the process runner uses the programs of this machine","first":1796030889648,"last":1796030889648}');
INSERT INTO events VALUES ('swmdsa8o', 2, '{"level":"Normal","reason":"Created","message":"Created session done","first":1796030889648,"last":1796030889648}');
INSERT INTO events VALUES ('swmdsa8o', 3, '{"level":"Normal","reason":"Started","message":"Started the command","first":1796030889653,"last":1796030889653}');
INSERT INTO events VALUES ('swmdsa8o', 4, '{"level":"Normal","reason":"Completed","message":"The command ended with exit status 0","first":1796030889679,"last":1796030889679}');
INSERT INTO events VALUES ('ejdt8w6j', 0, '{"level":"Normal","reason":"Scheduled","message":"Successfully assigned skaha-workload/skaha-headless-adastra-ejdt8w6j to this machine"}');
INSERT INTO events VALUES ('ejdt8w6j', 1, '{"level":"Normal","reason":"Pulled","message":"Image \"images.canfar.net/skaha/terminal:1.1.2\" is not pulled: the process runner uses the programs of this machine","first":1796030891181,"last":1796030891181}');
INSERT INTO events VALUES ('ejdt8w6j', 2, '{"level":"Normal","reason":"Created","message":"Created session long","first":1796030891181,"last":1796030891181}');
INSERT INTO events VALUES ('ejdt8w6j', 3, '{"level":"Normal","reason":"Started","message":"Started the command","first":1796030891187,"last":1796030891187}');
INSERT INTO events VALUES ('h2kq7v0a', 0, '{"level":"Normal","reason":"Scheduled","message":"Successfully assigned skaha-workload/skaha-headless-adastra-ejdt8w6j to this machine"}');
INSERT INTO events VALUES ('h2kq7v0a', 1, '{"level":"Normal","reason":"Pulled","message":"Image \"images.canfar.net/skaha/terminal:1.1.2\" is not pulled: the process runner uses the programs of this machine","first":1796030891181,"last":1796030891181}');
INSERT INTO events VALUES ('h2kq7v0a', 2, '{"level":"Normal","reason":"Created","message":"Created session long","first":1796030891181,"last":1796030891181}');
INSERT INTO events VALUES ('h2kq7v0a', 3, '{"level":"Normal","reason":"Started","message":"Started the command","first":1796030891187,"last":1796030891187}');
INSERT INTO events VALUES ('p9x3m5wd', 0, '{"level":"Normal","reason":"Scheduled","message":"Successfully assigned skaha-workload/skaha-headless-adastra-ejdt8w6j to this machine"}');
INSERT INTO events VALUES ('p9x3m5wd', 1, '{"level":"Normal","reason":"Pulled","message":"Image \"images.canfar.net/skaha/terminal:1.1.2\" is not pulled: the process runner uses the programs of this machine","first":1796030891181,"last":1796030891181}');
INSERT INTO events VALUES ('p9x3m5wd', 2, '{"level":"Normal","reason":"Created","message":"Created session long","first":1796030891181,"last":1796030891181}');
INSERT INTO events VALUES ('p9x3m5wd', 3, '{"level":"Normal","reason":"Started","message":"Started the command","first":1796030891187,"last":1796030891187}');
INSERT INTO events VALUES ('c4t8y1ru', 0, '{"level":"Normal","reason":"Scheduled","message":"Successfully assigned skaha-workload/skaha-headless-adastra-ejdt8w6j to this machine"}');
INSERT INTO events VALUES ('c4t8y1ru', 1, '{"level":"Normal","reason":"Pulled","message":"Image \"images.canfar.net/skaha/terminal:1.1.2\" is not pulled: the process runner uses the programs of this machine","first":1796030891181,"last":1796030891181}');
INSERT INTO events VALUES ('c4t8y1ru', 2, '{"level":"Normal","reason":"Created","message":"Created session long","first":1796030891181,"last":1796030891181}');
INSERT INTO events VALUES ('c4t8y1ru', 3, '{"level":"Normal","reason":"Started","message":"Started the command","first":1796030891187,"last":1796030891187}');
INSERT INTO events VALUES ('t5hop8o1', 0, '{"level":"Warning","reason":"FailedScheduling","message":"0/1 nodes are available: waiting for 2 cores and 2 GiB of memory: 1 of 2 cores and 1 GiB of 4 GiB are taken","first":1796030892692,"last":1796030892692}');
