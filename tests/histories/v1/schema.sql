-- A database of the first release, with one instance that sleeps (sleeping.json).
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'dynamic_workflows','1','2026-11-21 07:02:44.619247+00:00');
CREATE TABLE chunk (uid integer, life integer, key text, n integer, bytes blob, primary key (uid, life, key, n))
  without rowid;
CREATE TABLE history (
  pos integer primary key, uid integer not null, seq integer not null, life integer not null, at integer not null,
  kind text not null, key text, attempt integer, data text, src integer);
INSERT INTO "history" VALUES(1,0,1,1,1790000000000,'engine_started',NULL,NULL,'{"epoch":1,"previous":"new","last_seen":null}',NULL);
INSERT INTO "history" VALUES(2,1,1,1,1790000000000,'queued',NULL,NULL,'{"workflow":"flow","tenant":"acme","id":"sleeping","params":"{\"__dispatcherMetadata\":{\"tenantId\":\"acme\",\"version\":\"405daaa723f90ee649b7b3fdbb0da39c3ec41482\",\"entrypoint\":\"Flow\",\"main\":\"flow.py\"},\"params\":{\"n\":1}}","version":"405daaa723f90ee649b7b3fdbb0da39c3ec41482"}',NULL);
INSERT INTO "history" VALUES(3,1,2,1,1790000000000,'started',NULL,NULL,NULL,NULL);
INSERT INTO "history" VALUES(4,1,3,1,1790000000000,'sleep.started','sleep:nap-1',NULL,'{"due":1790003600000,"duration":3600000}',NULL);
CREATE TABLE inbox (uid integer, seq integer, type text not null, primary key (uid, seq)) without rowid;
CREATE TABLE instance (
  uid integer primary key autoincrement, workflow text not null, tenant text not null, id text not null,
  version text, params text, parent text, created integer not null, offset integer not null, status text not null,
  phase text not null, life integer not null, seq integer not null, priority integer not null,
  ready_at integer, ended integer, expires integer, unique (workflow, tenant, id));
INSERT INTO "instance" VALUES(1,'flow','acme','sleeping','405daaa723f90ee649b7b3fdbb0da39c3ec41482','{"__dispatcherMetadata":{"tenantId":"acme","version":"405daaa723f90ee649b7b3fdbb0da39c3ec41482","entrypoint":"Flow","main":"flow.py"},"params":{"n":1}}',NULL,1790000000000,0,'waiting','run',1,3,1,NULL,NULL,NULL);
CREATE TABLE ledger (
  pos integer primary key, tenant text not null, uid integer not null, step text, attempt integer,
  method text not null, args text not null, kwargs text not null, key text, receipt text not null,
  asked integer not null, done integer not null, at integer not null);
CREATE TABLE log (
  pos integer primary key, uid integer not null, key text, attempt integer, at integer not null,
  level text not null, text text not null);
CREATE TABLE meta (key text primary key, value) without rowid;
INSERT INTO "meta" VALUES('clean',NULL);
INSERT INTO "meta" VALUES('epoch',1);
CREATE TABLE object (hash text primary key, kind text not null, bytes blob not null);
INSERT INTO "object" VALUES('405daaa723f90ee649b7b3fdbb0da39c3ec41482','tree',X'7B2266696C6573223A207B22666C6F772E7079223A202238663331373664323834653234333166323132666265666331343039303662356163363234666634227D2C20226D61696E223A2022666C6F772E7079227D');
INSERT INTO "object" VALUES('8f3176d284e2431f212fbefc140906b5ac624ff4','blob',X'66726F6D20776F726B65727320696D706F727420576F726B666C6F77456E747279706F696E740A66726F6D20776F726B6572732E776F726B666C6F777320696D706F7274204E6F6E526574727961626C654572726F720A696D706F7274206173796E63696F0A0A0A0A636C61737320466C6F7728576F726B666C6F77456E747279706F696E74293A0A202020206173796E63206465662072756E2873656C662C206576656E742C2073746570293A0A2020202020202020617761697420737465702E736C65657028226E6170222C20223120686F757222290A2020202020202020617761697420737465702E776169745F666F725F6576656E742822676F222C2022676F22290A202020202020202072657475726E206576656E745B227061796C6F6164225D0A');
CREATE TABLE ref (tenant text, name text, hash text not null, at integer not null, primary key (tenant, name))
  without rowid;
INSERT INTO "ref" VALUES('acme','run/flow.py','405daaa723f90ee649b7b3fdbb0da39c3ec41482',1790000000000);
INSERT INTO "ref" VALUES('acme','tree/405daaa723f90ee649b7b3fdbb0da39c3ec41482','405daaa723f90ee649b7b3fdbb0da39c3ec41482',1790000000000);
CREATE TABLE request (id text primary key, at integer not null, reply text not null) without rowid;
CREATE TABLE schedule (workflow text, cron text, last_at integer, primary key (workflow, cron)) without rowid;
CREATE TABLE sealed (uid integer, seq integer, value text, primary key (uid, seq)) without rowid;
CREATE TABLE tenant (tenant text primary key, policy text not null, created integer not null) without rowid;
INSERT INTO "tenant" VALUES('acme','{}',1790000000000);
CREATE TABLE timer (uid integer, key text, kind text not null, due integer not null, primary key (uid, key))
  without rowid;
INSERT INTO "timer" VALUES(1,'sleep:nap-1','sleep',1790003600000);
CREATE TABLE wait (uid integer, seq integer, key text not null, type text not null, primary key (uid, seq))
  without rowid;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX instance_ready on instance (ready_at) where ready_at is not null;
CREATE INDEX instance_tenant on instance (tenant, workflow, uid);
CREATE UNIQUE INDEX history_of on history (uid, seq);
CREATE INDEX timer_due on timer (due);
CREATE INDEX log_of on log (uid, pos);
CREATE INDEX ledger_key on ledger (tenant, method, key);
CREATE INDEX ledger_of on ledger (uid);
CREATE INDEX request_at on request (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('instance',1);
COMMIT;
PRAGMA user_version = 1;
